"""One agreement as it was after one entry of its history: its text, its stage and its dates then."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from agreements.models import Agreement, Version
from audit.models import Event
from audit.sentences import body

STATE = ("stage", "turn_id", "executed_at", "effective_on", "last_day", "renews_until", "notice_opens_on",
         "notice_due_on", "review_due_on", "renewed", "unreviewed_on", "suspended_on", "suspended_until", "ended_on", "ended_how", "shared_at")  # fmt: skip


@dataclass(frozen=True)
class AsOf:
    """The agreement's own dates and stage then; the version last handed over by then, if any; the entry it is after."""

    agreement: Agreement
    version: Version | None
    event: Event


def at_entry(agreement: Agreement, events: QuerySet[Event], number: int) -> AsOf | None:
    """After entry `number` of those the reader may see; None when it is not among them."""
    event = events.filter(number=number).first()
    if event is None:
        return None
    handed = agreement.versions.filter(last_event__number__lte=number).order_by("-number")
    version = handed.select_related("made_by", "made_by_agency").first()
    return AsOf(_state(agreement, events.filter(number__gt=number)), version, event)


def entry_before(events: QuerySet[Event], end: datetime) -> int | None:
    """The last entry before the instant `end`."""
    return events.filter(at__lt=end).order_by("-number").values_list("number", flat=True).first()


def entry_of(agreement: Agreement, version: int) -> int | None:
    """The entry by which a version was handed over."""
    rows = agreement.versions.filter(number=version).values_list("last_event__number", flat=True)
    return rows.first()


def _state(agreement: Agreement, later: QuerySet[Event]) -> Agreement:
    """The agreement with what later entries changed of it put back, the newest first.

    Stage and dates change only in entries that all parties read, so a reader's own entries suffice.
    """
    return put_back(agreement, later.order_by("-number"))


def put_back(agreement: Agreement, later: Iterable[Event]) -> Agreement:
    """A copy of the agreement without what these entries changed of its stage and dates; the newest comes first."""
    found, name = copy(agreement), f"{agreement._meta.label_lower}:{agreement.pk}"
    for event in later:
        for change in body(event)["changes"]:
            if change["object"] == name:
                _fields_put_back(found, change["fields"])
    return found


def _fields_put_back(agreement: Agreement, fields: dict[str, list[object]]) -> None:
    for field in agreement._meta.concrete_fields:
        if field.attname in STATE and field.attname in fields:
            setattr(agreement, field.attname, field.to_python(fields[field.attname][0]))
