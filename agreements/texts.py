"""Which text of an executed agreement holds: as it was signed, or as amended, and from which day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import UUIDField

from agreements.models import Agreement, Amendment, Version
from common.prepared import Prepared, Slot


def chain(agreement: Agreement) -> list[tuple[date, Version]]:
    """Every text the parties agreed on with the first day on which it holds, in order; the first one from the beginning."""
    first = frozen(agreement)
    if first is None:
        return []
    amended = [(row.effective_on, row.result) for row in _AMENDED.rows(amends=agreement.pk)]
    return [(date.min, first), *((on, text) for on, text in amended if on and text)]


def frozen(agreement: Agreement) -> Version | None:
    """The text that is out for signature or signed; afterwards the agreement has it at hand."""
    if agreement.frozen_id is not None and "frozen" not in agreement._state.fields_cache:
        agreement.frozen = _VERSION.one(pk=agreement.frozen_id)
    return agreement.frozen


def newest(agreement: Agreement) -> Version | None:
    """The newest version handed over, if any."""
    return _NEWEST.one(agreement=agreement.pk)


_NEWEST = Prepared(
    lambda: Version.objects.filter(agreement=Slot("agreement", UUIDField())).order_by("-number")[:1]
)
_VERSION = Prepared(lambda: Version.objects.filter(pk=Slot("pk", UUIDField())))
_AMENDED = Prepared(
    lambda: (
        Amendment.objects.filter(amends=Slot("amends", UUIDField()), effective_on__isnull=False)
        .select_related("result")
        .order_by("number")
    )
)


def agreed(agreement: Agreement) -> Version | None:
    """The newest text all parties agreed on, even if it takes effect later."""
    found = chain(agreement)
    return found[-1][1] if found else None


def on(agreement: Agreement, day: date) -> Version | None:
    """The text that holds on the day."""
    return next((text for first, text in reversed(chain(agreement)) if first <= day), None)


def term_on(agreement: Agreement, day: date) -> Mapping[str, Any]:
    """The term of the text that holds on the day; empty where nothing is agreed yet."""
    text = on(agreement, day)
    found: Mapping[str, Any] = text.content["term"] if text else {}
    return found
