"""The history of one agreement as one person may read it."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from agencies.models import User
from agreements import policy
from agreements.models import Agreement, Stage
from audit import reading
from audit.models import Event

DRAFTING = (".edited", ".added", ".removed", ".moved")
"""How the actions end that change a text which only its holder sees until it is handed over."""


def events(agreement: Agreement, user: User, *, today: date) -> QuerySet[Event]:
    """The events `user` may read: none private to other agencies, no edits of a text not yet handed over."""
    found = reading.visible(user, today=today).filter(stream=agreement.pk)
    held = agreement.turn_id in policy.agencies_of(user, today=today)
    if held or agreement.stage not in {Stage.DRAFT, Stage.NEGOTIATION}:
        return found
    shown = agreement.versions.order_by("-number").values("last_event")[:1]
    edits = Q()
    for ending in DRAFTING:
        edits |= Q(action__endswith=ending)
    return found.exclude(edits & Q(seq__gt=shown))
