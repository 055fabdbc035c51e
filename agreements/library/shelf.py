"""The texts a person may read: the shipped library, and the own clauses and positions of their agencies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from uuid import UUID

from django.db.models import UUIDField

from agencies import policy as agencies_policy
from agencies.models import Agency, User
from agreements import catalog
from agreements.catalog import Facts
from agreements.library.texts import Text, kept, shipped
from agreements.models import AgencyClause, AgencyPosition, Position, own_parts
from common.prepared import Prepared, Slot, one_of

MOST = 500
"""How many clauses of its own an agency may keep."""
HEADING, NOTE, WORDS = 4, 2, 1


@dataclass(frozen=True)
class Sought:
    """What narrows the library; `whose` is "shipped" or an agency's slug."""

    text: str = ""
    part: str = ""
    position: str = ""
    kind: str = ""
    template: str = ""
    rule: str = ""
    whose: str = ""

    def fits(self, one: Text, *, without: str = "") -> bool:
        """Whether a text is sought; `without` names a choice to leave out of account, for counting beside it."""
        told = {
            "part": {one.part}, "position": {one.position}, "kind": {one.kind}, "template": set(one.templates),
            "rule": set(one.rules), "whose": {one.slug or "shipped"},
        }  # fmt: skip
        asked = {name: value for name in told if name != without and (value := getattr(self, name))}
        return all(value in told[name] for name, value in asked.items())


@dataclass(frozen=True)
class Shelf:
    """Every text one person may read, newest versions only, and the positions of their agencies by matter."""

    texts: dict[str, Text]
    positions: dict[str, list[AgencyPosition]] = field(default_factory=dict)
    agencies: tuple[Agency, ...] = ()

    def on(self, matter: str) -> list[Text]:
        """All texts on a matter that are still offered."""
        return [one for one in self.texts.values() if one.matter == matter and one.retired_at is None]

    def found(self, sought: Sought) -> list[Text]:
        """What is sought, the best match first; without words in the order of the parts of an agreement."""
        fitting = [one for one in self.texts.values() if one.retired_at is None and sought.fits(one)]
        if not sought.text.strip():
            parts = list(catalog.load().parts)
            return sorted(fitting, key=lambda one: (parts.index(one.part), one.matter, one.own, one.heading))
        ranked = [(rank(one, sought.text), one) for one in fitting]
        return [one for points, one in sorted(ranked, key=lambda pair: (-pair[0], pair[1].heading)) if points]


def readable(user: User, *, today: date) -> list[Agency]:
    """The agencies whose own clauses a person reads."""
    rows = agencies_policy.permitted(user, "read_clauses", Agency.objects.all(), today=today)
    return list(rows.order_by("name", "id"))


def keeps(user: User, *, today: date) -> list[Agency]:
    """The agencies whose clauses and positions a person keeps."""
    rows = agencies_policy.permitted(user, "keep_clauses", Agency.objects.filter(active=True), today=today)
    return list(rows.order_by("name", "id"))


def shelf(user: User, *, today: date) -> Shelf:
    """What a person may read; three queries."""
    return of_agencies(readable(user, today=today))


def of_agencies(agencies: Sequence[Agency]) -> Shelf:
    """The shipped library and what these agencies keep; two queries."""
    texts = {clause.key: shipped(clause) for clause in catalog.load().clauses.values()}
    ids = [agency.pk for agency in agencies]
    if not ids:
        return Shelf(texts)
    texts |= {one.ref: one for one in map(kept, _newest_of(len(ids)).rows(agencies=ids))}
    positions: dict[str, list[AgencyPosition]] = {}
    for row in _POSITIONS.rows(agencies=ids):
        positions.setdefault(row.matter, []).append(row)
    return Shelf(texts, positions, tuple(agencies))


_AGENCIES = one_of("agency", Slot("agencies", UUIDField()))
_POSITIONS = Prepared(
    lambda: AgencyPosition.objects.filter(_AGENCIES, withdrawn_at=None).select_related("agency", "set_by")
)


@lru_cache(maxsize=32)
def _newest_of(agencies: int) -> Prepared[AgencyClause]:
    """The newest version of each clause of so many agencies."""
    rows = AgencyClause.objects.filter(_AGENCIES).select_related("agency", "made_by")
    newest = rows.order_by("agency_id", "key", "-version").distinct("agency_id", "key")
    return Prepared(lambda: newest[: MOST * agencies])


def versions(ref: str, agencies: Iterable[Agency]) -> list[Text]:
    """Every version kept of a text, the newest first; nothing if it is not one of these agencies' or the shipped ones."""
    named, known = own_parts(ref), catalog.load()
    if named is not None:
        own = AgencyClause.objects.filter(
            agency__in=[a.pk for a in agencies], agency__slug=named[0], key=named[1]
        )
        return [kept(row) for row in own.select_related("agency", "made_by").order_by("-version")]
    if ref not in known.clauses:
        return []
    past = [shipped(one) for one in known.earlier.values() if one.key == ref]
    return [shipped(known.clauses[ref]), *sorted(past, key=lambda one: -one.version)]


def newest(ref: str, agency: UUID) -> Text | None:
    """A shipped text, or an own one of this agency that is still offered."""
    named, known = own_parts(ref), catalog.load()
    if named is None:
        return shipped(known.clauses[ref]) if ref in known.clauses else None
    rows = AgencyClause.objects.filter(agency=agency, agency__slug=named[0], key=named[1])
    row = rows.select_related("agency", "made_by").order_by("-version").first()
    return kept(row) if row is not None and row.retired_at is None else None


def matters(refs: Iterable[str]) -> dict[str, str]:
    """The matters of own clauses by reference, as their newest versions say; no query without one."""
    own = {named: ref for ref in refs if (named := own_parts(ref)) is not None}
    if not own:
        return {}
    rows = AgencyClause.objects.filter(
        agency__slug__in={slug for slug, _ in own}, key__in={key for _, key in own}
    )
    told = rows.order_by("version").values_list("agency__slug", "key", "family")
    return {own[slug, key]: family or own[slug, key] for slug, key, family in told if (slug, key) in own}


def knows(origin: str, user: User, *, today: date) -> bool:
    """Whether a provision may name this origin for a person: a text of the library, or of their agencies' own."""
    ref, _, version = origin.rpartition("@")
    if not (version.isascii() and version.isdigit() and len(version) < 9):
        return False
    return any(one.version == int(version) for one in versions(ref, readable(user, today=today)))


def marks(one: Text, positions: Iterable[AgencyPosition], facts: Facts | None = None) -> list[str]:
    """What the drafters of agencies with these positions are told about a text on the matter."""
    told: list[str] = []
    for row in positions:
        standard = row.preferred or _usual(row.matter, facts)
        if one.ref == standard:
            told.append("Your agency’s standard")
            if row.stance == Position.MANDATORY:
                told.append("Your agency does not move on this")
        elif one.ref in row.fallbacks:
            place = row.fallbacks.index(one.ref) + 1
            number = f" {place}" if len(row.fallbacks) > 1 else ""
            told.append(f"Fallback{number}: offer this if the other side refuses")
    return told


def _usual(matter: str, facts: Facts | None) -> str:
    """The text on the matter that is taken without a preference: for this agreement, or the general one."""
    known = catalog.load()
    if matter not in known.families:
        return matter
    chosen = known.chosen(matter, facts or Facts())
    return chosen.key if chosen else matter


def rank(one: Text, asked: str) -> int:
    """How well a text fits words: each must begin a word of its heading, note, source or text; 0 if one doesn't."""
    places = [(HEADING, one.heading), (NOTE, f"{one.note} {one.source} {one.ref}"), (WORDS, one.text)]
    total = 0
    for word in asked.casefold().split()[:12]:
        pattern = re.compile(rf"(?<!\w){re.escape(word)}")
        points = sum(worth for worth, text in places if pattern.search(text.casefold()))
        if not points:
            return 0
        total += points
    return total
