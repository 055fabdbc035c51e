"""What is owed and done: handing it in, accepting or returning it, giving it to somebody, taking away what was handed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from agencies.models import Membership, User
from agreements import emails, owed, policy
from agreements.lifecycle import StepNotOpen
from agreements.models import (
    AFTER_END,
    UNDONE,
    Agreement,
    Closed,
    Duty,
    DutyKind,
    DutyState,
    Evidence,
    Filing,
)
from agreements.operations import downloading, reasons, waiving
from agreements.operations.recording import event
from audit.models import Audited
from common.dates import day

HOW = {"return": {Closed.RETURNED}, "destroy": {Closed.DESTROYED}}
"""By what the text asks for at the end: which ways it allows. Data never received can't be either."""


@transaction.atomic
def hand_in(
    duty: Duty, *, values: Mapping[str, Any], file: bytes = b"", actor: User, now: datetime
) -> Evidence:
    """Hand in what shows that a duty is done; its partners accept or return it.

    `values`: `on` (the day it was done), `note`; of a certificate at the end `how` and `typed_name`, by which the
    actor signs it; of a paper that runs out `until`, the last day of the newer one. `file` is a PDF.
    Raises PermissionDenied, StepNotOpen, ValidationError.
    """
    locked, row, today = _opened(duty, "duty", actor, now)
    agency = _of_party(row, "duty", actor, today)
    _still_asked(row)
    if row.kind == DutyKind.MEASURE:
        raise StepNotOpen(
            "This is answered by recording the value of the measure. Do that on the measure's page."
        )
    found = Evidence(agreement=locked, duty=row, agency_id=agency, by=actor, made_at=now, on=values["on"],
                     note=str(values.get("note") or "").strip())  # fmt: skip
    more = _checked(locked, row, found, values, bool(file), actor, today)
    found.clean_fields(exclude=["last_event"])
    found.file_sha256 = waiving.kept(file)
    row.state = DutyState.HANDED_IN
    changed: list[Audited] = [found, row, *more]
    if row.kind == DutyKind.CLOSEOUT:
        event("duty.certified", locked, actor=actor, now=now, agency=agency, changed=changed, party=row.party.legal_name,
              what=_short(row), how=found.get_how_display().lower(), on=found.on.isoformat(), sha256=found.file_sha256)  # fmt: skip
    else:
        event("duty.handed_in", locked, actor=actor, now=now, agency=agency, changed=changed, party=row.party.legal_name,
              what=_short(row), due=row.due_on.isoformat(), sha256=found.file_sha256)  # fmt: skip
    return found


def _checked(
    agreement: Agreement,
    row: Duty,
    found: Evidence,
    values: Mapping[str, Any],
    file: bool,
    actor: User,
    today: date,
) -> list[Audited]:
    """Refuse what can't be so; fill in what belongs to the kind of duty. Rows that are written beside it."""
    problems: dict[str, str] = {}
    if found.on > today:
        problems["on"] = (
            f"This day has not come yet: it is {day(today)} where the agreement's days are counted."
        )
    elif agreement.effective_on and found.on < agreement.effective_on:
        problems["on"] = (
            f"The agreement took effect on {day(agreement.effective_on)}. Give a day from then on."
        )
    if row.kind == DutyKind.CLOSEOUT:
        problems |= _certificate(agreement, row, found, values, actor)
    elif not found.note and not file:
        problems["note"] = "Say how it was done, or choose a file that shows it."
    until = values.get("until")
    if row.kind == DutyKind.PAPER and (until is None or until <= row.due_on):
        problems["until"] = f"Give the last day of the newer one, after {day(row.due_on)}."
    if problems:
        raise ValidationError(problems)
    return [_newer(row, found, until)] if row.kind == DutyKind.PAPER else []


def _certificate(
    agreement: Agreement, row: Duty, found: Evidence, values: Mapping[str, Any], actor: User
) -> dict[str, str]:
    found.how, typed = str(values.get("how") or ""), " ".join(str(values.get("typed_name") or "").split())
    found.signed_name = actor.name
    asked = str(owed.term_at(agreement, row).get("closeout") or "either")
    allowed = {*HOW.get(asked, {Closed.RETURNED, Closed.DESTROYED}), Closed.NEVER_HELD}
    problems = {}
    if found.how not in {*allowed}:
        said = " or ".join(one.label.lower() for one in Closed if one in allowed)
        problems["how"] = f"The text asks for this: choose {said}."
    if typed.casefold() != " ".join(actor.name.split()).casefold():
        problems["typed_name"] = f"You sign this certificate: type your name as it stands here, {actor.name}."
    return problems


def _newer(row: Duty, found: Evidence, until: date | None) -> Filing:
    """The newer paper, kept on file in place of the one that runs out: before its own last day it is asked for anew."""
    old = Filing.objects.get(pk=row.source)
    return Filing(agreement=found.agreement, kind=old.kind, party=row.party, reference=found.note[:300] or old.reference,
                  on=found.on, until=until, agency=found.agency, by=found.by, made_at=found.made_at)  # fmt: skip


@transaction.atomic
def accept(duty: Duty, *, actor: User, now: datetime, answer: str = "") -> Evidence:
    """Accept what was handed in; for a certificate the provider of the data confirms it so."""
    locked, row, found, agency = _to_answer(duty, actor, now)
    _answered(found, agency, actor, now, accepted=True, answer=answer.strip())
    row.state = DutyState.ACCEPTED
    changed: list[Audited] = [found, row]
    changed += _filed(locked, row, found) if row.kind == DutyKind.CLOSEOUT else []
    event("duty.accepted", locked, actor=actor, now=now, agency=agency, changed=changed, party=row.party.legal_name,
          what=_short(row), answer=found.answer)  # fmt: skip
    return found


@transaction.atomic
def send_back(duty: Duty, *, reason: str, actor: User, now: datetime) -> Evidence:
    """Return what was handed in, with the reason; it is open again, on its old day."""
    locked, row, found, agency = _to_answer(duty, actor, now)
    _answered(found, agency, actor, now, accepted=False, answer=reasons.given(reason))
    row.state = DutyState.RETURNED
    event("duty.returned", locked, actor=actor, now=now, agency=agency, changed=[found, row], party=row.party.legal_name,
          what=_short(row), reason=found.answer)  # fmt: skip
    emails.state_changed(
        locked, f"Returned to {row.party.legal_name}: {_short(row)}. {found.answer}", actor=actor
    )
    return found


@transaction.atomic
def assign(duty: Duty, *, owner: User | UUID | None, reason: str, actor: User, now: datetime) -> Duty:
    """Give a duty to another person of the agency that owes it, or to nobody: then its administrators have it."""
    locked, row, today = _opened(duty, "hand_on", actor, now)
    agency = _of_party(row, "hand_on", actor, today)
    if row.state not in {*UNDONE, DutyState.HANDED_IN}:
        raise StepNotOpen(f"Nobody has to see to this any more: {_closed(row)}")
    key = owner.pk if isinstance(owner, User) else owner
    person = next((one for one in people(row, today=today) if one.pk == key), None)
    if key is not None and person is None:
        raise ValidationError({"owner": "Choose somebody who hands in what is due for this agency."})
    why = reasons.given(reason)
    if row.owner_id == key:
        raise StepNotOpen(f"This is so already: {person.name if person else 'nobody'} sees to it.")
    row.owner = person
    event("duty.assigned", locked, actor=actor, now=now, agency=agency, changed=[row], party=row.party.legal_name,
          what=_short(row), due=row.due_on.isoformat(), owner=person.name if person else "the administrators",
          reason=why)  # fmt: skip
    return row


def people(duty: Duty, *, today: date) -> list[User]:
    """Who may see to a duty: the people of its agency who hand in what is due."""
    rows = Membership.objects.active(on=today).filter(agency=duty.party.agency_id, role__in=owed.ACTING)
    found = {row.user_id: row.user for row in rows.select_related("user")}
    return sorted(found.values(), key=lambda person: person.name)


def take(evidence: Evidence, *, root: Path, actor: User, now: datetime) -> bytes:
    """The file that was handed in, as `downloading.kept_file`."""
    return downloading.kept_file(
        evidence.agreement, evidence.file_sha256, action="evidence.downloaded", root=root, actor=actor, now=now,
        missing="Nothing but words was handed in here.",
        sha256=evidence.file_sha256, party=evidence.duty.party.legal_name, what=_short(evidence.duty),
    )  # fmt: skip


def _filed(agreement: Agreement, row: Duty, last: Evidence) -> list[Audited]:
    """With a party's last certificate confirmed, the paper on file that the rules ask for: the certificates stand for it."""
    rest = agreement.duties.filter(kind=DutyKind.CLOSEOUT, party=row.party).exclude(pk=row.pk)
    if rest.exclude(state__in=[DutyState.ACCEPTED, DutyState.DROPPED]).exists():
        return []
    if agreement.filings.filter(kind="destruction", party=row.party, withdrawn_at=None).exists():
        return []
    reference = f"Certificates of {last.signed_name} and others, confirmed by the providers; see Duties"
    return [Filing(agreement=agreement, kind="destruction", party=row.party, reference=reference, on=last.on,
                   agency_id=last.agency_id, by_id=last.by_id, made_at=last.made_at)]  # fmt: skip


def _answered(
    row: Evidence, agency: UUID, actor: User, now: datetime, *, accepted: bool, answer: str
) -> None:
    row.accepted, row.answer, row.answered_by, row.answered_at = accepted, answer, actor, now
    row.answered_for_id = agency


def _opened(duty: Duty, action: str, actor: User, now: datetime) -> tuple[Agreement, Duty, date]:
    """The agreement, locked, and the duty as it is now, for somebody who may take the action at all."""
    today = policy.local_day(now, duty.agreement)
    policy.require(actor, action, duty.agreement, today=today)
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=duty.agreement_id)
    row = Duty.objects.select_related("party__agency", "owner", "agreement").get(pk=duty.pk)
    return locked, row, today


def _of_party(row: Duty, action: str, actor: User, today: date) -> UUID:
    """The agency that owes it, if the actor speaks for it; what comes after the end is owed by who has left as well."""
    party = row.party
    if party.agency_id not in policy.seats(actor, action, today=today):
        raise PermissionDenied(f"{party.agency.name} owes this; only its people can do that.")
    if party.left_on is not None and party.left_on < today and row.kind not in AFTER_END:
        raise PermissionDenied(
            f"{party.legal_name} left this agreement after {day(party.left_on)}; only its certificates at the end are "
            "still asked for."
        )
    return party.agency_id


def _still_asked(row: Duty) -> None:
    if row.state not in UNDONE:
        raise StepNotOpen(_closed(row))


def _closed(row: Duty) -> str:
    """Why nothing more is handed in, in words."""
    if row.state == DutyState.DROPPED:
        return f"This is no longer asked for, because {row.closed_why}."
    standing = row.evidence.exclude(accepted=False).select_related("by").first()
    by = (
        f" by {standing.by.name} on {day(policy.local_day(standing.made_at, row.agreement))}"
        if standing
        else ""
    )
    waits = (
        "It was accepted."
        if row.state == DutyState.ACCEPTED
        else "It waits for the answer of the other side."
    )
    return f"This was handed in already{by}. {waits}"


def _to_answer(duty: Duty, actor: User, now: datetime) -> tuple[Agreement, Duty, Evidence, UUID]:
    locked, row, today = _opened(duty, "duty", actor, now)
    asked = owed.answering(row)
    held = policy.seats(actor, "duty", today=today)
    agency = next((one for one in asked if one in held), None)
    if agency is None:
        names = [
            party.agency.name for party in locked.parties.select_related("agency") if party.agency_id in asked
        ]
        raise PermissionDenied(f"This is for {' or '.join(names)} to answer.")
    found = row.evidence.filter(accepted=None).first()
    if row.state != DutyState.HANDED_IN or found is None:
        raise StepNotOpen("Nothing waits for an answer here.")
    return locked, row, found, agency


def _short(row: Duty) -> str:
    """What is owed, in as many words as a line holds."""
    return row.what if len(row.what) <= 120 else f"{row.what[:119]}…"
