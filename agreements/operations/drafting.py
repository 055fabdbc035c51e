"""Editing a draft in place while it is one's turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from agencies.models import Agency, User
from agreements import policy, prose
from agreements.lifecycle import StepNotOpen, opened
from agreements.models import (
    Agreement,
    Commitment,
    Dataset,
    Flow,
    Measure,
    Ordered,
    Party,
    Provision,
    Term,
)
from agreements.models.snapshot import COMMITMENT, DATASET, FLOW, MEASURE, PARTY, PROVISION, TERM, content_of
from agreements.operations.beginning import NOTICE_DAYS, PartySpec, cleaned, draft, new_party
from agreements.operations.recording import event, index_words
from audit.models import Audited
from audit.record import Stale

AGREEMENT_FIELDS = ["title", "kind", "binding", "jurisdiction", "governing_law", "timezone", "annexes"]

EDITABLE: dict[type[Audited], frozenset[str]] = {
    Agreement: frozenset(AGREEMENT_FIELDS),
    Party: frozenset(PARTY) | {"signatory", "deputy"},
    Provision: frozenset(PROVISION),
    Dataset: frozenset(DATASET),
    Flow: frozenset(FLOW) | {"provider", "recipient"},
    Commitment: frozenset(COMMITMENT) | {"party"},
    Measure: frozenset(MEASURE) | {"owner"},
    Term: frozenset(TERM),
}
"""The fields of each row that a drafter may set; nothing else is ever taken from a request."""

__all__ = ["EDITABLE", "PartySpec", "TakenOut", "add", "add_party", "draft", "edit", "move", "remove"]


class TakenOut(StepNotOpen):
    """The row left the text meanwhile; nothing was written."""

    def __init__(self) -> None:
        super().__init__("Somebody took this out of the agreement meanwhile. Nothing was saved.")


@transaction.atomic
def edit(
    row: Audited,
    *,
    values: Mapping[str, Any],
    actor: User,
    now: datetime,
    seen: int | None = None,
    sitting: str = "",
    typed: bool = True,
) -> Audited:
    """Set fields of one row of a draft that is in the actor's hands.

    `seen` is the number of the row's last event as the editor saw it; if somebody changed it since, Stale is
    raised and nothing is written. Unknown fields are refused, not ignored. `sitting` names the form, opened once and
    saved as it is typed, from which this comes. What was not `typed` here but came in a file may hold tables that
    nobody could type.
    """
    agreement = row if isinstance(row, Agreement) else row.agreement  # type: ignore[attr-defined]
    locked = opened("edit", agreement, actor=actor, today=policy.local_day(now, agreement))
    target = locked if isinstance(row, Agreement) else type(row).objects.get(pk=row.pk)
    if isinstance(target, Ordered) and target.removed:
        raise TakenOut
    if seen is not None and target.last_event_id != seen:
        raise Stale(target)
    changed = _apply(target, values, typed)
    if not changed:
        return target
    _check_references(target, locked)
    verb = type(target).__name__.lower() if target is not locked else "agreement"
    rows = [target] if target is locked else [target, locked]
    _refresh_categories(locked, target)
    facts = {"sitting": sitting} if sitting else {}
    _written(f"{verb}.edited", locked, rows, actor=actor, now=now, label=str(target), fields=sorted(changed),
             **facts)  # fmt: skip
    return target


def _apply(target: Audited, values: Mapping[str, Any], typed: bool) -> set[str]:
    """Set the values that differ, validate them, and name the fields that changed."""
    allowed = EDITABLE[type(target)]
    unknown = set(values) - allowed
    if unknown:
        raise ValidationError(dict.fromkeys(unknown, "This can't be changed here."))
    new = target._state.adding
    changed = {name for name, value in values.items() if new or getattr(target, name) != value}
    if typed and isinstance(target, Provision) and "text" in changed:
        _refuse_unfit(str(values["text"]), target.text)
    for name in changed:
        setattr(target, name, values[name])
    others = [field.name for field in target._meta.fields if field.name not in changed]
    target.clean_fields(exclude=others)
    target.clean()
    return changed


def _refuse_unfit(text: str, before: str) -> None:
    """No text that can't be printed as it is meant."""
    if problems := prose.complaints(text, before):
        raise ValidationError({"text": problems})


def _check_references(target: Audited, agreement: Agreement) -> None:
    """Every row a row points to must be of the same agreement; a signatory must be of the party."""
    for field in target._meta.fields:
        if not issubclass(field.related_model or type(None), Party | Ordered):
            continue
        value = getattr(target, field.name) if getattr(target, field.attname) else None
        if isinstance(value, Party | Dataset | Provision) and value.agreement_id != agreement.pk:
            raise ValidationError({field.name: "Choose one of this agreement."})
        if isinstance(value, Ordered) and value.removed:
            raise StepNotOpen("Somebody took out what this belongs to meanwhile. Nothing was saved.")
    if isinstance(target, Party):
        for who in ("signatory", "deputy"):
            _name(target, who)
        if target.deputy is not None and target.deputy == target.signatory:
            raise ValidationError({"deputy": "The deputy must be somebody else than the signatory."})


def _name(party: Party, who: str) -> None:
    """A signatory or a deputy is one of the party's signatories, and printed under their own name if no other is given."""
    person = getattr(party, who)
    if person is None:
        return
    if not person.memberships.filter(agency=party.agency_id, role="signatory").exists():
        raise ValidationError({who: "Choose a person who is a signatory of this agency."})
    for field, known in (("name", person.name), ("title", person.title)):
        setattr(party, f"{who}_{field}", getattr(party, f"{who}_{field}") or known)


@transaction.atomic
def add(agreement: Agreement, model: type[Ordered], *, values: Mapping[str, Any], actor: User, now: datetime,
        after: Ordered | None = None, typed: bool = True) -> Ordered:  # fmt: skip
    """Add a provision, dataset, flow, commitment or measure, after another or at the end."""
    locked = opened("edit", agreement, actor=actor, today=policy.local_day(now, agreement))
    place, moved = _place(locked, model, after)
    fixed = {"dataset"} if model is Flow else set()
    row = model(agreement=locked, position_in_order=place,
                **{name: value for name, value in values.items() if name in fixed})  # fmt: skip
    _apply(row, {name: value for name, value in values.items() if name not in fixed}, typed)
    row.clean_fields(exclude=["agreement", "last_event"])
    _check_references(row, locked)
    _refresh_categories(locked, row)
    _written(
        f"{model.__name__.lower()}.added", locked, [row, *moved, locked], actor=actor, now=now, label=str(row)
    )
    return row


def _place(agreement: Agreement, model: type[Ordered], after: Ordered | None) -> tuple[int, list[Ordered]]:
    """The place of a new row, and the rows that had to make room for it."""
    rows = model.objects.filter(agreement=agreement)
    after = rows.filter(pk=after.pk).first() if after else None  # under the lock: it may have moved
    if after is None:
        return (rows.aggregate(last=Max("position_in_order"))["last"] or 0) + 10, []
    following = (
        rows.filter(position_in_order__gt=after.position_in_order).order_by("position_in_order").first()
    )
    if following is None:
        return after.position_in_order + 10, []
    middle = (after.position_in_order + following.position_in_order) // 2
    if middle > after.position_in_order:
        return middle, []
    every = list(rows.order_by("position_in_order", "id"))
    for number, row in enumerate(every, start=1):
        row.position_in_order = number * 10
    return next(row.position_in_order for row in every if row.pk == after.pk) + 5, every


@transaction.atomic
def remove(row: Ordered, *, actor: User, now: datetime, seen: int | None = None) -> None:
    """Take a row out of the text; its history stays. A dataset takes its flows with it."""
    locked = opened("edit", row.agreement, actor=actor, today=policy.local_day(now, row.agreement))
    target = type(row).objects.get(pk=row.pk)
    if seen is not None and target.last_event_id != seen:
        raise Stale(target)
    if target.removed:
        return
    gone: list[Ordered] = [target]
    if isinstance(target, Dataset):
        gone += list(target.flows.filter(removed=False))
    for item in gone:
        item.removed = True
    _refresh_categories(locked, target)
    action = f"{type(target).__name__.lower()}.removed"
    _written(action, locked, [*gone, locked], actor=actor, now=now, label=str(target))


@transaction.atomic
def move(row: Provision, *, after: Provision | None, actor: User, now: datetime) -> None:
    """Put a provision after another one (or first); numbers follow from places."""
    locked = opened("edit", row.agreement, actor=actor, today=policy.local_day(now, row.agreement))
    every = {
        each.pk: each for each in locked.provisions.filter(removed=False).order_by("position_in_order", "id")
    }
    target = every.pop(row.pk, None)
    if target is None or (after is not None and after.pk not in every):
        raise TakenOut
    rows = list(every.values())
    rows.insert(0 if after is None else list(every).index(after.pk) + 1, target)
    moved: list[Provision] = []
    for number, item in enumerate(rows, start=1):
        if item.position_in_order != number * 10:
            item.position_in_order = number * 10
            moved.append(item)
    if moved:
        _written("provision.moved", locked, [*moved, locked], actor=actor, now=now, label=str(row))


@transaction.atomic
def add_party(
    agreement: Agreement, *, agency: Agency, roles: Sequence[str], actor: User, now: datetime
) -> Party:
    """Invite another agency into the text before it is approved; it sees the agreement once it is shared."""
    locked = opened("edit", agreement, actor=actor, today=policy.local_day(now, agreement))
    if locked.parties.filter(agency=agency, left_on=None).exists():
        raise ValidationError({"agency": f"{agency.name} is a party already."})
    last = locked.parties.aggregate(last=Max("position"))["last"] or 0
    party = new_party(locked, PartySpec(agency, roles), last + 1, ("recipient",), NOTICE_DAYS)
    cleaned([party])
    _written("party.added", locked, [party, locked], actor=actor, now=now, label=agency.name)
    return party


def _refresh_categories(agreement: Agreement, target: Audited) -> None:
    """Keep the agreement's data categories (a facet of lists) equal to those of its datasets."""
    if not isinstance(target, Dataset):
        return
    others = agreement.datasets.filter(removed=False).exclude(pk=target.pk).values_list("category", flat=True)
    own = [] if target.removed else [target.category]
    agreement.categories = sorted({*others, *own})


def _written(
    action: str,
    agreement: Agreement,
    rows: Sequence[Audited],
    *,
    actor: User,
    now: datetime,
    label: str,
    **facts: Any,
) -> None:
    """Write an edit. How a text came about stays within the agency that wrote it: the others read the versions.

    A draft nobody else has seen is findable by its own agency as it stands.
    """
    agency = policy.speaking_for(actor, "edit", agreement, today=policy.local_day(now, agreement))
    event(action, agreement, actor=actor, now=now, agency=agency, private_to=agency, changed=rows,
          label=label[:120], **facts)  # fmt: skip
    if agreement.shared_at is None:
        index_words(agreement, content_of(agreement))
