"""What every operation here ends with: one event on the agreement's stream."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import UUIDField

from agencies.models import User
from agreements import document
from agreements.library import indexing as library
from agreements.models import Agreement, InAgreement, SearchEntry, Version, VersionReason
from agreements.models.snapshot import content_of
from audit.models import Audited, Event
from audit.record import record
from common.prepared import Prepared, Slot


def event(
    action: str,
    agreement: Agreement,
    *,
    actor: Any,
    now: datetime,
    agency: UUID | None,
    changed: Sequence[Audited] = (),
    touched: Sequence[Audited] = (),
    private_to: UUID | None = None,
    **facts: Any,
) -> Event:
    """Write `changed` and the event that explains it; the agreement's reference is always among the facts."""
    named: Mapping[str, Any] = {"reference": agreement.reference, "title": agreement.title, **facts}
    return record(
        action,
        stream=agreement.pk,
        actor=actor,
        now=now,
        changed=changed,
        touched=touched,
        agency=agency,
        private_to=private_to,
        facts=named,
    )


def version_of(
    agreement: Agreement, *, reason: VersionReason, actor: User, agency: UUID, now: datetime, note: str = ""
) -> Version:
    """A new version of the live text, not yet written."""
    content = content_of(agreement)
    canonical = document.canonical(content)
    last = agreement.versions.order_by("-number").values_list("number", flat=True).first()
    return Version(
        agreement=agreement,
        number=(last or 0) + 1,
        canonical=canonical.decode(),
        sha256=hashlib.sha256(canonical).hexdigest(),
        reason=reason,
        note=note,
        made_at=now,
        made_by=actor,
        made_by_agency_id=agency,
    )


def index_words(agreement: Agreement, content: Mapping[str, Any]) -> None:
    """Make the text as handed over findable, title and reference first, and what it holds of the library.

    Nothing is written where the same words are there: to take them apart is the dearest part of a small change.
    """
    library.index(agreement.pk, content)
    title = f"{agreement.reference} {agreement.title} " + " ".join(p["name"] for p in content["parties"])
    body = " ".join(words(content))[:900_000]
    digest = hashlib.sha256(f"{title}\n{body}".encode()).hexdigest()
    if _DIGEST.values(agreement=agreement.pk) == [(digest,)]:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO agreements_searchentry (agreement_id, words, digest, tsv) "
            "VALUES (%(id)s, setweight(to_tsvector('english', %(title)s), 'A') "
            "|| setweight(to_tsvector('english', %(body)s), 'B'), %(digest)s, ''::tsvector) "
            "ON CONFLICT (agreement_id) DO UPDATE SET words = EXCLUDED.words, digest = EXCLUDED.digest",
            {"id": agreement.pk, "title": title, "body": body, "digest": digest},
        )
        cursor.execute("SELECT agreements_refresh_access(%s)", [agreement.pk])


_DIGEST = Prepared(
    lambda: SearchEntry.objects.filter(agreement=Slot("agreement", UUIDField())).values_list("digest")
)


def words(content: Mapping[str, Any]) -> Iterable[str]:
    """The readable words of a content: headings, text, datasets, commitments, measures."""
    for provision in content["provisions"]:
        yield provision["heading"]
        yield provision["text"]
    for dataset in content["datasets"]:
        yield f"{dataset['name']} {dataset['description']} {' '.join(dataset['elements'])}"
        for flow in dataset["flows"]:
            yield f"{flow['legal_basis']} {flow['method']}"
    for commitment in content["commitments"]:
        yield commitment["text"]
    for measure in content["measures"]:
        yield f"{measure['name']} {measure['definition']}"


def stamped(rows: Iterable[InAgreement], now: datetime, field: str) -> list[InAgreement]:
    """The rows with their instant `field` set."""
    changed = list(rows)
    for row in changed:
        setattr(row, field, now)
    return changed
