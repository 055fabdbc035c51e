"""Lawful erasure: the text of an event goes, its hash stays, and the history says so.

Two people do it: one asks, another confirms. Whether they may is for the caller to say. PostgreSQL lets a text go only
in a transaction whose last event of that stream is the one that says which (audit.guards).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction

from audit import log
from audit.models import Erasure, Event
from audit.record import Actor, record

REDACTED = "history.redacted"
NEVER = (REDACTED, "log.")
"""What says that something was erased, or speaks of the log as a whole, is kept."""

LONGEST = {"reason": 500, "order": 200}


@transaction.atomic
def ask(event: Event, *, reason: str, order: str, agency: UUID, actor: Actor, now: datetime) -> Erasure:
    """Ask for an event's text to be erased, naming the order or law that demands it.

    Raises ValidationError if it is erased already, was asked for before, or is never erased.
    """
    found = Event.objects.get(pk=event.pk)
    if not found.body:
        raise ValidationError("The text of this entry is erased already.")
    if found.action.startswith(NEVER):
        raise ValidationError("This entry says what was done to the history itself; it is never erased.")
    _checked(reason=reason, order=order)
    row = Erasure.objects.filter(event=found).first() or Erasure(event=found, stream=found.stream)
    if not row._state.adding and not row.outcome:
        raise ValidationError("Somebody asked for this already; it waits for a second person.")
    row.agency, row.reason, row.order = agency, reason, order
    row.asked_by, row.asked_label, row.asked_at = _person(actor), actor.label[:400], now
    row.outcome, row.decided_by, row.decided_label, row.decided_at = "", None, "", None
    _record("history.erasure_asked", row, found, {"reason": reason, "order": order}, actor, now)
    return row


def confirm(row: Erasure, *, actor: Actor, now: datetime) -> Event:
    """Erase the text that somebody else asked for; answers the event that says so.

    Raises ValidationError if the same person asked, or if it was decided already.
    """
    log.enter()  # the event that says so names the erased one's place in the log
    with transaction.atomic():
        row = _waiting(row)
        if row.asked_by == _person(actor):
            raise ValidationError("You asked for this yourself. A second person of your agency confirms it.")
        event = Event.objects.select_related("entry").get(pk=row.event_id)
        _decide(row, Erasure.Outcome.ERASED, actor, now)
        facts = {
            "reason": row.reason,
            "order": row.order,
            "action": event.action,
            "leaf": bytes(event.leaf).hex(),
            "asked_by": row.asked_label,
            "confirmed_by": row.decided_label,
        }
        said = _record(REDACTED, row, event, facts, actor, now)
        with connection.cursor() as cursor:
            cursor.execute("SELECT audit_redact(%s)", [event.pk])
    return said


@transaction.atomic
def decline(row: Erasure, *, actor: Actor, now: datetime) -> None:
    """Leave the text as it is; who asked may take their wish back in this way too."""
    row = _waiting(row)
    event = Event.objects.select_related("entry").get(pk=row.event_id)
    _decide(row, Erasure.Outcome.DECLINED, actor, now)
    _record("history.erasure_declined", row, event, {"asked_by": row.asked_label}, actor, now)


def _person(actor: Actor) -> UUID:
    if actor.id is None:
        raise ValidationError("Erasure is asked for and confirmed by people.")
    return actor.id


def _checked(**said: str) -> None:
    wrong = {
        name: f"Say it in at most {LONGEST[name]} characters, without line breaks or control characters."
        for name, text in said.items()
        if not text.strip() or not text.isprintable() or len(text) > LONGEST[name]
    }
    if wrong:
        raise ValidationError(wrong)


def _waiting(row: Erasure) -> Erasure:
    locked: models.QuerySet[Erasure] = models.QuerySet(Erasure)
    found = locked.select_for_update(no_key=True).get(pk=row.pk)
    if found.outcome:
        raise ValidationError("This was decided already.")
    return found


def _decide(row: Erasure, outcome: str, actor: Actor, now: datetime) -> None:
    row.outcome = outcome
    row.decided_by, row.decided_label, row.decided_at = _person(actor), actor.label[:400], now


def _record(
    action: str, row: Erasure, event: Event, facts: dict[str, str], actor: Actor, now: datetime
) -> Event:
    """The event in the erased one's own stream, as private as that is."""
    entry = getattr(event, "entry", None)
    place = {"number": event.number, "seq": entry.seq if entry else None}
    return record(
        action, stream=event.stream, actor=actor, now=now, changed=[row], agency=row.agency,
        private_to=event.private_to, facts={**facts, **place},
    )  # fmt: skip
