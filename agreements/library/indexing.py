"""Which agreement holds which text of which clause: kept beside the search words, from the same handed-over content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import UUIDField

from agreements import catalog
from agreements.models import AgencyClause, ClauseText, ClauseUse, own_parts
from agreements.worddiff import TOKENS, words
from common.prepared import Prepared, Slot

SWEPT_AFTER = 2
"""Days after which a text nobody holds is forgotten; no transaction lasts as long."""


@dataclass(frozen=True)
class Use:
    """A provision that came from a clause."""

    clause: str
    provision: UUID
    version: int
    digest: str


def squeezed(text: str) -> str:
    """The text with its white space made alike: what differs only there is the same text."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n") if part.strip())


def digest_of(text: str) -> str:
    """What tells texts apart: half of the SHA-256 of the words."""
    return hashlib.sha256(squeezed(text).encode()).hexdigest()[:32]


def distance(model: str, text: str) -> tuple[int, int]:
    """How many words of the model were deleted or put in to arrive at the text, and how many the model has."""
    pieces = words(squeezed(model), squeezed(text))
    changed = sum(_count(piece.text) for piece in pieces if piece.kind != "same")
    return changed, _count(squeezed(model))


def _count(text: str) -> int:
    return sum(token[0].isalnum() for token in TOKENS.findall(text))


def uses_in(content: Mapping[str, Any]) -> dict[Use, str]:
    """The provisions of a content that came from clauses, with their texts."""
    found: dict[Use, str] = {}
    for row in content["provisions"]:
        clause, _, version = str(row.get("origin") or "").rpartition("@")
        if clause and version.isdigit() and len(version) < 9:
            found[Use(clause, UUID(row["id"]), int(version), digest_of(row["text"]))] = row["text"]
    return found


def index(agreement: UUID, content: Mapping[str, Any]) -> None:
    """Keep what this content holds of the library, in place of what the agreement held; one query if nothing differs."""
    wanted = uses_in(content)
    there = {Use(*row[:4]): row[4] for row in _USES.values(agreement=agreement)}
    gone = [pk for use, pk in there.items() if use not in wanted]
    new = {use: text for use, text in wanted.items() if use not in there}
    if gone:
        ClauseUse.objects.filter(pk__in=gone).delete()
    if new:
        _keep_texts(new)
        ClauseUse.objects.bulk_create(
            ClauseUse(agreement_id=agreement, clause=use.clause, provision=use.provision, version=use.version,
                      digest=use.digest) for use in new
        )  # fmt: skip


_USES = Prepared(
    lambda: ClauseUse.objects.filter(agreement=Slot("agreement", UUIDField())).values_list(
        "clause", "provision", "version", "digest", "pk"
    )
)


def _keep_texts(new: Mapping[Use, str]) -> None:
    """Write the texts not kept yet; those seen today already are not touched, so that nobody waits for anybody."""
    asked = {(use.clause, use.digest): text for use, text in new.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clause, digest FROM agreements_clausetext WHERE seen_on = CURRENT_DATE "
            "AND (clause, digest) IN (SELECT * FROM unnest(%s::text[], %s::text[]))",
            [[key[0] for key in asked], [key[1] for key in asked]],
        )
        known = set(cursor.fetchall())
        missing = sorted(key for key in asked if key not in known)
        if missing:
            cursor.execute(WRITE, _columns(missing, asked))


WRITE = """
INSERT INTO agreements_clausetext AS t (clause, digest, text, model, changed, said, seen_on)
SELECT *, CURRENT_DATE FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::int[], %s::int[])
ON CONFLICT (clause, digest) DO UPDATE SET seen_on = EXCLUDED.seen_on, model = EXCLUDED.model, changed = EXCLUDED.changed,
  said = EXCLUDED.said
"""


def _columns(keys: Iterable[tuple[str, str]], texts: Mapping[tuple[str, str], str]) -> list[list[Any]]:
    listed = list(keys)
    known = models({clause for clause, _ in listed})
    rows = [
        (
            clause,
            digest,
            texts[clause, digest],
            known[clause][0],
            *distance(known[clause][1], texts[clause, digest]),
        )
        for clause, digest in listed
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def models(clauses: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The model texts of clauses as they are now: origin and text; of a clause nobody knows any more, none."""
    found = {clause: (f"{clause}@0", "") for clause in clauses}
    shipped = catalog.load().clauses
    found |= {key: (shipped[key].origin, shipped[key].text) for key in found if key in shipped}
    own = {named: clause for clause in found if (named := own_parts(clause)) is not None}
    if own:
        rows = AgencyClause.objects.filter(
            agency__slug__in={slug for slug, _ in own}, key__in={key for _, key in own}
        )
        for slug, key, version, text in rows.order_by("version").values_list(
            "agency__slug", "key", "version", "text"
        ):
            if (slug, key) in own:
                found[own[slug, key]] = (f"{own[slug, key]}@{version}", text)
    return found


def sweep() -> int:
    """Forget texts that nobody has held for a while; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM agreements_clausetext t WHERE seen_on < CURRENT_DATE - %s AND NOT EXISTS "
            "(SELECT 1 FROM agreements_clauseuse u WHERE u.clause = t.clause AND u.digest = t.digest)",
            [SWEPT_AFTER],
        )
        return int(cursor.rowcount)


def texts_of(clause: str, digests: Iterable[str]) -> dict[str, ClauseText]:
    """The kept texts of a clause by digest; one query."""
    rows = ClauseText.objects.filter(clause=clause, digest__in=list(digests))
    return {row.digest: row for row in rows}
