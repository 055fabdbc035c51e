"""What the execution of an instrument brings about in the agreement it changes, and of a successor in what it replaces."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max

from agencies.models import User
from agreements import amended, document, emails, policy, term, texts
from agreements.models import (
    Agreement,
    Amendment,
    Commitment,
    Dataset,
    Flow,
    FlowStatus,
    Measure,
    Ordered,
    Party,
    Provision,
    Stage,
    Version,
    VersionReason,
)
from agreements.models.snapshot import COMMITMENT, DATASET, FLOW, MEASURE, PARTY, PROVISION, TERM
from agreements.operations import dating, relating, reviewing
from agreements.operations.recording import event, index_words
from audit.models import Audited
from common.dates import day

Content = Mapping[str, Any]
DAY = timedelta(days=1)
OWN = ("binding", "jurisdiction", "governing_law", "annexes")
"""Fields of the agreement itself that an amendment may change."""


def executed(agreement: Agreement, version: Version, *, actor: User, now: datetime) -> None:
    """Carry out what an agreement just executed does to others. Their rows are locked already (lifecycle.opened)."""
    row = Amendment.objects.filter(agreement=agreement).select_related("base").first()
    if row is not None:
        _amended(agreement, row, version, actor=actor, now=now)
    if agreement.supersedes_id is not None:
        _superseded(agreement, version, actor=actor, now=now)


def _amended(instrument: Agreement, row: Amendment, version: Version, *, actor: User, now: datetime) -> None:
    """The agreement's terms, flows and cover change from the effective day; what was agreed before stays readable."""
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=row.amends_id)
    content = amended.conformed(row.base.content, version.content, instrument.pk)
    since = instrument.effective_on or policy.local_day(now, locked)
    text = _version(locked, content, instrument, actor, now)
    parties = list(_parties(locked, instrument, content, since))
    rows = list(_rows(locked, content, {str(each.pk): each for each, _ in parties}))
    for name in OWN:
        setattr(locked, name, content[name])
    locked.categories = sorted({each["category"] for each in content["datasets"]})
    row.effective_on, row.result = since, text
    dates = dating.refixed(locked, amended=(since, text), parties=[each for each, _ in parties])
    changed = [text, *(each for each, differs in parties if differs), *rows, locked, *dates]
    event("agreement.amended", locked, actor=actor, now=now, agency=instrument.lead_id, changed=changed, by=instrument.reference,
          since=since.isoformat(), version=text.number, sha256=text.sha256, **dating.as_facts(locked))  # fmt: skip
    event("amendment.took_effect", instrument, actor=actor, now=now, agency=None, changed=[row], of=locked.reference,
          since=since.isoformat(), version=text.number, sha256=text.sha256)  # fmt: skip
    duties = any(isinstance(each, Commitment) for each in rows) or any(differs for _, differs in parties)
    if duties and reviewing.due_now(locked, since):
        why = f"the parties or what they undertake changed with {instrument.reference}"
        reviewing.announce_review(locked, why, now=now)
    index_words(locked, content)
    emails.state_changed(locked, f"Changed by {instrument.reference} from {day(since)} on", actor=actor)


def _version(
    locked: Agreement, content: Content, instrument: Agreement, actor: User, now: datetime
) -> Version:
    canonical = document.canonical(content)
    last = locked.versions.aggregate(last=Max("number"))["last"] or 0
    return Version(
        agreement=locked, number=last + 1, canonical=canonical.decode(), sha256=hashlib.sha256(canonical).hexdigest(),
        reason=VersionReason.AMEND, note=f"As changed by {instrument.reference}", made_at=now, made_by=actor,
        made_by_agency_id=instrument.lead_id,
    )  # fmt: skip


def _parties(
    locked: Agreement, instrument: Agreement, content: Content, since: date
) -> Iterator[tuple[Party, bool]]:
    """Every party as it is from the effective day on, and whether that differs from before."""
    known = {str(one.pk): one for one in locked.parties.all()}
    named = {one.agency_id: one for one in instrument.parties.all()}
    for place, said in enumerate(content["parties"], start=1):
        new = said["id"] not in known
        one = known.pop(said["id"], None) or Party(
            pk=UUID(said["id"]), agreement=locked, agency_id=UUID(said["agency"]), joined_on=since
        )
        differs = _set(one, said, PARTY) | _put(one, "position", place)
        signer = named.get(one.agency_id)
        if signer is not None:
            differs |= _put(one, "signatory_id", signer.signatory_id) | _put(
                one, "deputy_id", signer.deputy_id
            )
        yield one, differs or new
    for one in known.values():
        yield one, _put(one, "left_on", min(one.left_on or since, since - DAY))


def _rows(locked: Agreement, content: Content, known: dict[str, Any]) -> Iterator[Audited]:
    """The rows of the content that differ from what was agreed before; `known` are those that others point to, by id."""
    flows = [
        {**flow, "dataset": dataset["id"]} for dataset in content["datasets"] for flow in dataset["flows"]
    ]
    said = [name for name in FLOW if name != "status"]
    yield from _listed(locked, Provision, content["provisions"], PROVISION, known)
    yield from _listed(locked, Dataset, content["datasets"], DATASET, known)
    yield from _listed(locked, Flow, flows, said, known, "dataset", "provider", "recipient")
    yield from _listed(locked, Commitment, content["commitments"], COMMITMENT, known, "party")
    yield from _listed(locked, Measure, content["measures"], MEASURE, known, "owner")
    if _set(locked.term, content["term"], TERM):
        yield locked.term


def _listed(
    locked: Agreement,
    model: type[Ordered],
    listed: Sequence[Content],
    names: Sequence[str],
    known: dict[str, Any],
    *links: str,
) -> Iterator[Audited]:
    before: dict[str, Any] = {str(one.pk): one for one in model._default_manager.filter(agreement=locked)}
    for place, said in enumerate(listed, start=1):
        row = before.pop(said["id"], None)
        new = row is None
        if row is None:
            made: Any = model
            row = made(pk=UUID(said["id"]), agreement=locked)
        if new and isinstance(row, Flow):
            row.status = FlowStatus.PLANNED
        differs = (
            _set(row, said, names) | _put(row, "position_in_order", place * 10) | _put(row, "removed", False)
        )
        for link in links:
            differs |= getattr(row, f"{link}_id") != (UUID(said[link]) if said[link] else None)
            setattr(row, link, known[said[link]] if said[link] else None)
        known[said["id"]] = row
        if differs or new:
            yield row
    for gone in before.values():
        if not gone.removed:
            gone.removed = True
            yield gone


def _set(row: Any, said: Content, names: Sequence[str]) -> bool:
    """Set the fields from canonical data; whether any differs."""
    found = False
    for name in names:
        field = row._meta.get_field(name)
        found |= _put(row, name, field.to_python(said[name]) if said.get(name) is not None else _empty(field))
    return found


def _empty(field: Any) -> Any:
    return None if field.null else field.get_default()


def _put(row: Any, name: str, value: Any) -> bool:
    if getattr(row, name) == value:
        return False
    setattr(row, name, value)
    return True


def _superseded(successor: Agreement, version: Version, *, actor: User, now: datetime) -> None:
    """What a successor replaces ends the day before it takes effect, with a report of what loses its cover (trap 14)."""
    replaced = successor.supersedes
    if replaced is None:
        return
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=replaced.pk)
    today = policy.local_day(now, locked)
    first = max(successor.effective_on or today, today + DAY)
    last = term.superseded_on(first)
    final = locked.final_day
    if locked.stage != Stage.EXECUTED or (final and final < last):
        return
    lost = lost_by(locked, version.content)
    locked.stage, locked.ended_on, locked.ended_how = Stage.ENDED, last, "superseded"
    event("agreement.superseded", locked, actor=actor, now=now, agency=None, changed=[locked, *dating.cover(locked)],
          by=successor.reference, last_day=last.isoformat(), lost=lost)  # fmt: skip
    words = f"Replaced by {successor.reference}; its last day is {day(last)}"
    if lost:
        words += f". Without cover from then on: {'; '.join(lost)}"
    emails.state_changed(locked, words, actor=actor)
    relating.alert(locked, f"it is replaced by {successor.reference} and ends on {day(last)}")


def lost_by(agreement: Agreement, successor: Content) -> list[str]:
    """The exchanges under an agreement that a successor's text does not cover, in words."""
    text = texts.agreed(agreement)
    return amended.losing(text.content, successor) if text else []
