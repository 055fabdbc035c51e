"""Changing an executed agreement by an instrument of its own: drafted, approved and signed like any other text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import Agency, User
from agreements import amended, catalog, policy, term, texts
from agreements.lifecycle import STEPS, StepNotOpen, opened
from agreements.models import (
    Agreement,
    Amendment,
    Amends,
    Commitment,
    Dataset,
    Flow,
    FlowStatus,
    Measure,
    Party,
    Position,
    Provision,
    Stage,
)
from agreements.models.reference import next_reference
from agreements.models.snapshot import content_of
from agreements.numbering import INSTRUMENT
from agreements.operations.beginning import PartySpec, cleaned, known_facts, new_party
from agreements.operations.recording import event, index_words
from audit.models import Audited
from common.dates import day

OPENING = (
    "This is amendment {amends.number} to the agreement “{agreement.title}” ({agreement.reference}) in its version "
    "{amends.version}, whose SHA-256 is {amends.hash}. It takes effect on {amends.effect}. {amends.removing} From then on "
    "the agreement reads as set out below; what is not changed stays as it was agreed."
)
JOINING = (
    "By this joinder {amends.joining} becomes a party to the agreement “{agreement.title}” ({agreement.reference}) on its "
    "terms as they stand in version {amends.version}, whose SHA-256 is {amends.hash}, and takes the same part in its "
    "exchanges as {amends.like}. It takes effect on {amends.effect}. The lead agency signs for the present parties."
)

NEEDS = ("dataset", "provider", "recipient", "party")
"""How a row of the text points to another without which it makes no sense."""
POINTS = (*NEEDS, "owner")
"""How a row of the text points to another."""


@transaction.atomic
def amend(
    agreement: Agreement,
    *,
    takes_effect_on: date | None = None,
    removes: Collection[Party] = (),
    actor: User,
    now: datetime,
) -> Agreement:
    """Begin an amendment: a draft that holds the agreed text, to be changed, approved and signed by every party.

    It takes effect on the day of its last signature, or on a given later day. `removes` are parties that go by it;
    they sign it too. Nobody else sees it until it is shared.
    """
    today = policy.local_day(now, agreement)
    locked = opened("amend", agreement, actor=actor, today=today)
    lead = _lead(locked, actor, "amend", today)
    gone = [row for row in policy.parties_on(locked, today) if row.pk in {one.pk for one in removes}]
    row, made = _begun(locked, Amends.AMENDMENT, lead, takes_effect_on, now, today)
    if not any(one["agency"] == str(lead.pk) for one in row.base.content["parties"]):
        raise StepNotOpen(
            f"{lead.name} goes by the newest change of this agreement. Those who stay change it further."
        )
    row.removes = [one.pk for one in gone]
    rows = [*_copies(locked, made, row.base.content, today), _opening(made, OPENING, locked.pk)]
    return _drafted(locked, made, row, rows, actor=actor, now=now, partners=[])


@transaction.atomic
def join(
    agreement: Agreement,
    *,
    agency: Agency,
    like: Party | UUID,
    takes_effect_on: date | None = None,
    actor: User,
    now: datetime,
) -> Agreement:
    """Begin the joinder of another agency on the signed terms: a short draft that it and the lead agency sign.

    It takes the same part in the exchanges as the party `like`: the same flows with the same others.
    """
    today = policy.local_day(now, agreement)
    locked = opened("join", agreement, actor=actor, today=today)
    if locked.parties.filter(agency=agency).exists():
        raise ValidationError({"agency": f"{agency.name} is or was a party; amend the agreement instead."})
    key = like.pk if isinstance(like, Party) else like
    model = policy.parties_on(locked, today).filter(pk=key).first()
    if model is None:
        raise ValidationError({"like": "Choose the party whose part it takes as well."})
    row, made = _begun(locked, Amends.JOINDER, locked.lead, takes_effect_on, now, today)
    row.like = model
    own = locked.parties.get(agency=locked.lead)
    lead, joining = (
        _copied(own, made),
        new_party(made, PartySpec(agency), 2, model.roles, model.notice_days or 0),
    )
    lead.position = 1
    known_facts([joining], lead=locked.lead, actor=actor, today=today)
    rows = [lead, joining, _copied(locked.term, made), _opening(made, JOINING, locked.pk)]
    return _drafted(locked, made, row, rows, actor=actor, now=now, partners=[agency.name])


def _lead(agreement: Agreement, actor: User, action: str, today: date) -> Agency:
    return Agency.objects.get(pk=policy.speaking_for(actor, STEPS[action].permission, agreement, today=today))


def _begun(
    agreement: Agreement, kind: Amends, lead: Agency, takes_effect_on: date | None, now: datetime, today: date
) -> tuple[Amendment, Agreement]:
    base = texts.agreed(agreement)
    if base is None:
        raise StepNotOpen("There is no agreed text that could be changed.")
    final = agreement.final_day
    if not term.extendable(today, final) and final:
        raise StepNotOpen(
            f"It ended by its own terms on {day(final)}. An amendment after the last day revives nothing: make a new "
            "agreement."
        )
    if takes_effect_on and takes_effect_on < today:
        raise ValidationError(
            {"takes_effect_on": "A change can't take effect in the past. Give a coming day or none."}
        )
    number = Amendment.objects.filter(amends=agreement, effective_on__isnull=False).count() + 1
    name = "Amendment" if kind == Amends.AMENDMENT else "Joinder"
    entry = catalog.load().kinds[kind.value]
    made = Agreement(
        reference=next_reference(entry.prefix, now.year), title=f"{name} {number} to {agreement.title}"[:200], kind=kind.value,
        binding=agreement.binding, template=agreement.template if kind == Amends.AMENDMENT else "", stage=Stage.DRAFT,
        lead=lead, turn=lead, turn_since=now, jurisdiction=agreement.jurisdiction, governing_law=agreement.governing_law,
        timezone=agreement.timezone, annexes=list(agreement.annexes), parent=agreement, drafted_at=now,
        categories=list(agreement.categories) if kind == Amends.AMENDMENT else [],
    )  # fmt: skip
    row = Amendment(
        agreement=made, amends=agreement, kind=kind, base=base, number=number, takes_effect_on=takes_effect_on
    )
    return row, made


def _drafted(
    agreement: Agreement,
    made: Agreement,
    row: Amendment,
    rows: Sequence[Audited],
    *,
    actor: User,
    now: datetime,
    partners: list[str],
) -> Agreement:
    cleaned([made, *rows])
    names = partners or [
        one.legal_name for one in rows if isinstance(one, Party) and one.agency_id != made.lead_id
    ]
    event(STEPS["amend" if row.kind == Amends.AMENDMENT else "join"].event, made, actor=actor, now=now, agency=made.lead_id,
          private_to=made.lead_id, changed=[made, *rows, row], lead=made.lead.name, partners=names,
          of=agreement.reference)  # fmt: skip
    index_words(made, content_of(made))
    return made


def _opening(made: Agreement, words: str, parent: UUID) -> Provision:
    return Provision(id=amended.copy_id(made.pk, parent), agreement=made, position_in_order=1, origin=INSTRUMENT,
                     heading="This instrument", text=words, position=Position.MANDATORY, level=2)  # fmt: skip


def _copies(
    agreement: Agreement, made: Agreement, agreed: Mapping[str, Any], today: date
) -> Iterable[Audited]:
    """The agreement's rows over again, each pointing to the copies of what it pointed to.

    Who has given notice is a party until the last day; what belongs to parties that have left is left behind, and so
    are those that go by the newest text, on which this one builds, even if that takes effect on a later day.
    """
    named = {row["id"] for row in agreed["parties"]}
    parties = [row for row in policy.parties_on(agreement, today) if str(row.pk) in named]
    rows: list[Any] = [*parties, agreement.term]
    for model in (Provision, Dataset, Flow, Commitment, Measure):
        found = model._default_manager.filter(agreement=agreement, removed=False)
        rows += list(found.order_by("position_in_order", "id"))
    staying = {row.pk for row in rows} | {None}
    rows = [row for row in rows if all(_points(row, name) in staying for name in NEEDS)]
    ids = {str(row.pk): str(amended.copy_id(made.pk, row.pk)) for row in rows}
    copies: dict[UUID | None, Any] = {None: None}
    for row in rows:
        copied = copies[row.pk] = _copied(row, made, copies)
        if isinstance(copied, Provision):
            copied.text = amended.recoded(copied.text, ids)
        if isinstance(copied, Flow):
            copied.status = FlowStatus.PLANNED
        yield copied


def _points(row: Any, name: str) -> UUID | None:
    found: UUID | None = getattr(row, f"{name}_id", None)
    return found


def _copied(row: Any, made: Agreement, copies: Mapping[UUID | None, Any] = MappingProxyType({})) -> Any:
    """A new row like this one, of the instrument; what it points to is among `copies`."""
    found = copy(row)
    found._state = copy(row._state)
    found._state.fields_cache = {}
    found._state.adding = True
    found.pk, found.agreement, found.last_event_id = amended.copy_id(made.pk, row.pk), made, None
    if isinstance(found, Party):
        found.joined_on = found.left_on = None
    for name in POINTS if copies else ():
        if hasattr(row, f"{name}_id"):
            setattr(found, name, copies.get(_points(row, name)))
    return found


def changes(
    instrument: Agreement, content: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """The agreed text before and after an instrument whose own text is `content`; None for what is no instrument."""
    row = Amendment.objects.filter(agreement=instrument).select_related("base").first()
    if row is None or not content.get("amends"):
        return None
    return row.base.content, amended.conformed(row.base.content, content, instrument.pk)
