"""An agency's own clauses and its positions on clauses: written by its counsel and administrators, read by its people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from agencies.days import civil_day
from agencies.models import Agency, User
from agencies.operations.rows import checked, locked
from agencies.policy import require
from agreements import catalog, prose
from agreements.catalog.read_clauses import NOT_RESTRICTED
from agreements.library import shelf
from agreements.lifecycle import StepNotOpen
from agreements.models import AgencyClause, AgencyPosition
from agreements.models.library import MAX_KEY
from audit.record import Stale, record

FIELDS = ("kind", "part", "heading", "text", "position", "family", "conditions", "note", "source")
"""What is typed of a clause; the rest follows from who writes it and when."""
MADE, REVISED, RETIRED = "clause.made", "clause.revised", "clause.retired"


@transaction.atomic
def write_clause(agency: Agency, *, values: Mapping[str, Any], actor: User, now: datetime) -> AgencyClause:
    """The first version of a new clause of the agency's own, named after its heading.

    Raises PermissionDenied, or ValidationError keyed by field.
    """
    held = _kept_by(agency, actor, now)
    keys = set(AgencyClause.objects.filter(agency=held).values_list("key", flat=True))
    if len(keys) >= shelf.MOST:
        raise ValidationError(
            f"{held.short_name} keeps {shelf.MOST} clauses already. Write a new version of one instead."
        )
    base = slugify(str(values.get("heading", "")))[: MAX_KEY - 4].strip("-_") or "clause"
    names = (base if number == 1 else f"{base}-{number}" for number in range(1, len(keys) + 2))
    row = AgencyClause(agency=held, key=next(name for name in names if name not in keys), version=1)
    return _written(row, MADE, values, actor, now)


@transaction.atomic
def revise_clause(
    clause: AgencyClause, *, values: Mapping[str, Any], actor: User, now: datetime, seen: int | None = None
) -> AgencyClause:
    """The next version of a clause; the ones before stay as they are, and so do the provisions that came from them.

    `seen` is the `last_event` of the version it was typed over: Stale if there is a newer one. A retired clause is
    offered again. Without a difference nothing is written.
    """
    held = _kept_by(clause.agency, actor, now)
    last = _newest(held, clause.key)
    if seen is not None and seen != last.last_event_id:
        raise Stale(last)
    same = all(getattr(last, name) == values.get(name, getattr(last, name)) for name in FIELDS)
    if same and last.retired_at is None:
        return last
    row = AgencyClause(agency=held, key=last.key, version=last.version + 1)
    return _written(row, REVISED, {name: getattr(last, name) for name in FIELDS} | dict(values), actor, now)


@transaction.atomic
def retire_clause(
    clause: AgencyClause, *, reason: str, actor: User, now: datetime, seen: int | None = None
) -> AgencyClause:
    """Offer a clause no longer; its versions stay readable, and agreements keep its text."""
    held = _kept_by(clause.agency, actor, now)
    last = _newest(held, clause.key)
    if seen is not None and seen != last.last_event_id:
        raise Stale(last)
    if last.retired_at is not None:
        raise StepNotOpen("This clause is retired already.")
    last.retired_at = now
    _record(RETIRED, last, actor, now, reason=_stated(reason))
    return last


@transaction.atomic
def set_position(
    agency: Agency,
    *,
    matter: str,
    stance: str,
    actor: User,
    now: datetime,
    preferred: str = "",
    fallbacks: Sequence[str] = (),
    note: str = "",
    seen: int | None = None,
) -> AgencyPosition:
    """State how far the agency's drafters may move on a matter, with which text first and which in its place, in order.

    Raises PermissionDenied; Stale if somebody changed it since `seen`; ValidationError for texts that are on another
    matter, named twice, or not offered any more.
    """
    held = _kept_by(agency, actor, now)
    row = AgencyPosition.objects.filter(agency=held, matter=matter).first() or AgencyPosition(
        agency=held, matter=matter
    )
    if seen is not None and (row._state.adding or seen != row.last_event_id):
        raise Stale(row)
    known = {one.ref for one in shelf.of_agencies([held]).on(matter)}
    _check_order(matter, preferred, fallbacks, known)
    row.stance, row.preferred, row.fallbacks, row.note = stance, preferred, list(fallbacks), note.strip()
    row.set_by, row.set_at, row.withdrawn_at = actor, now, None
    checked(row)
    record("position.set", stream=held.pk, actor=actor, now=now, changed=[row], agency=held.pk, private_to=held.pk,
           facts={"matter": matter, "stance": row.get_stance_display()})  # fmt: skip
    return row


@transaction.atomic
def withdraw_position(
    position: AgencyPosition, *, reason: str, actor: User, now: datetime, seen: int | None = None
) -> AgencyPosition:
    """Let the agency have no position on the matter any more."""
    held = _kept_by(position.agency, actor, now)
    row = AgencyPosition.objects.get(pk=position.pk)
    if seen is not None and seen != row.last_event_id:
        raise Stale(row)
    if row.withdrawn_at is not None:
        raise StepNotOpen("This position is withdrawn already.")
    row.withdrawn_at = now
    record("position.withdrawn", stream=held.pk, actor=actor, now=now, changed=[row], agency=held.pk,
           private_to=held.pk, facts={"matter": row.matter, "reason": _stated(reason)})  # fmt: skip
    return row


def _kept_by(agency: Agency, actor: User, now: datetime) -> Agency:
    """The agency, locked, if the actor keeps its clauses; all changes to them wait in this line."""
    require(actor, "keep_clauses", agency, today=civil_day(now))
    return locked(agency)


def _newest(agency: Agency, key: str) -> AgencyClause:
    rows = AgencyClause.objects.filter(agency=agency, key=key).select_related("agency")
    return rows.order_by("-version")[0]


def _written(
    row: AgencyClause, action: str, values: Mapping[str, Any], actor: User, now: datetime
) -> AgencyClause:
    unknown = set(values) - set(FIELDS)
    if unknown:
        raise ValidationError(dict.fromkeys(unknown, "This can't be set here."))
    for name, value in values.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    row.conditions = {name: found for name, found in row.conditions.items() if found}
    row.made_by, row.made_at = actor, now
    checked(row)
    wrong = complaints(row.text)
    if wrong:
        raise ValidationError({"text": wrong})
    _record(action, row, actor, now, version=row.version)
    return row


def complaints(text: str) -> list[str]:
    """What is wrong with the words of a clause: markup that is not restricted Markdown, names in braces nobody fills."""
    known = catalog.load().placeholders
    unknown = [name for name in prose.PLACEHOLDER.findall(text) if name[1:-1] not in known]
    found = prose.complaints(text)
    if NOT_RESTRICTED.search(text):
        found.append(
            "Use paragraphs, bold, italic, lists and tables only: no headings, links, pictures or HTML."
        )
    if unknown:
        found.append(
            f"{', '.join(dict.fromkeys(unknown))}: the document does not fill this. Take a name from the list."
        )
    return found


def _record(action: str, row: AgencyClause, actor: User, now: datetime, **facts: Any) -> None:
    agency = row.agency_id
    said = {"clause": row.ref, "heading": row.heading, **facts}
    record(
        action,
        stream=agency,
        actor=actor,
        now=now,
        changed=[row],
        agency=agency,
        private_to=agency,
        facts=said,
    )


def _stated(reason: str) -> str:
    if not reason.strip():
        raise ValidationError({"reason": "Say why; it is recorded."})
    return reason.strip()


def _check_order(matter: str, preferred: str, fallbacks: Sequence[str], known: set[str]) -> None:
    if not known:
        raise ValidationError({"matter": "There is no text on this matter in the library."})
    if preferred and preferred not in known:
        raise ValidationError({"preferred": "Choose a text on this matter that is still offered."})
    if not set(fallbacks) <= known:
        raise ValidationError({"fallbacks": "Choose texts on this matter that are still offered."})
    if len({preferred, *fallbacks}) < len(fallbacks) + 1:
        raise ValidationError({"fallbacks": "Name each text once: as the standard, or as one fallback."})
