"""Questions about cover: what was permitted on a day, and which data moves without it. Derived rows, one index."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField

from agreements import policy
from agreements.models import Agreement, Coverage, Flow, FlowStatus, Stage
from common.prepared import Prepared, Slot

SIGNED = (Stage.EXECUTED, Stage.ENDED)
LIMIT = 200


def on(day: date) -> Q:
    """The rows that cover the day."""
    return Q(first_on__lte=day, last_on__gte=day)


def permitted(provider: UUID, recipient: UUID, *, day: date, category: str = "") -> QuerySet[Coverage]:
    """What one agency might give another on a day, of one category of data or of any; the index answers alone.

    The caller sees to it that whoever asks may read the agreements: `among` narrows.
    """
    found = Coverage.objects.filter(on(day), provider=provider, recipient=recipient)
    found = found.filter(category=category) if category else found
    return found.select_related("flow__dataset", "agreement", "version").order_by("first_on", "id")


def among(rows: QuerySet[Coverage], principals: Iterable[UUID], *, today: date) -> QuerySet[Coverage]:
    """Those of agreements that these principals may read today."""
    return rows.filter(agreement__in=policy.readable(principals, today=today).values("agreement"))


def flows_covered(agreement: Agreement, *, day: date) -> set[UUID]:
    """The flows of an agreement that are covered on the day."""
    return set(Coverage.objects.filter(on(day), agreement=agreement).values_list("flow", flat=True))


def spans_of(agreement: Agreement) -> list[Coverage]:
    """The spans on which each flow is covered, flow by flow; those taken back are left out."""
    return _SPANS.rows(agreement=agreement.pk)


def _spans() -> QuerySet[Coverage]:
    rows = Coverage.objects.filter(agreement=Slot("agreement", UUIDField()), last_on__gte=F("first_on"))
    rows = rows.select_related("flow__dataset", "provider", "recipient", "version")
    return rows.order_by("flow__position_in_order", "flow", "first_on")[:LIMIT]


_SPANS = Prepared(_spans)


@dataclass(frozen=True)
class Incident:
    """Data that moves although nothing covers it: the flow, its agreement, and the last day it was covered, if ever.

    `elsewhere` is another agreement by which the same parties may exchange this category of data on the day, if any:
    whether it is the same data, only they can say.
    """

    flow: Any
    since: date | None
    elsewhere: Agreement | None = None

    @property
    def agreement(self) -> Agreement:
        """The agreement under which it once moved."""
        found: Agreement = self.flow.agreement
        return found


def incidents(agencies: Collection[UUID], *, today: date) -> list[Incident]:
    """Live flows from or to these agencies that nothing covers today, through what the agencies may read."""
    if not agencies:
        return []
    seen = policy.readable(agencies, today=today).values("agreement")
    ours = Q(provider__agency__in=agencies) | Q(recipient__agency__in=agencies)
    flows = uncovered(today).filter(ours, agreement__in=seen)
    flows = flows.select_related("agreement", "dataset", "provider__agency", "recipient__agency")
    again = Coverage.objects.filter(
        on(today), provider=OuterRef("provider__agency"), recipient=OuterRef("recipient__agency"),
        category=OuterRef("dataset__category"), agreement__in=seen,
    ).exclude(agreement=OuterRef("agreement"))  # fmt: skip
    flows = flows.annotate(elsewhere=Subquery(again.order_by("first_on", "id").values("agreement")[:1]))
    rows = list(flows.order_by("agreement__reference", "position_in_order", "id")[:LIMIT])
    last = _last_covered([row.pk for row in rows], today)
    others = Agreement.objects.in_bulk({row.elsewhere for row in rows if row.elsewhere})
    return [Incident(row, last.get(row.pk), others.get(row.elsewhere)) for row in rows]


def uncovered(today: date) -> QuerySet[Flow]:
    """Live flows of signed agreements without cover on the day."""
    own = Coverage.objects.filter(flow=OuterRef("pk"))
    agreed = Q(removed=False) | Q(Exists(own))  # an amendment that takes a flow out does not stop its data
    return Flow.objects.filter(
        ~Exists(own.filter(on(today))), agreed, status=FlowStatus.LIVE, agreement__stage__in=SIGNED
    )


def flows(agreement: Agreement) -> QuerySet[Flow]:
    """The flows of an executed agreement: those of its text, and those an amendment took out of it."""
    own = Coverage.objects.filter(flow=OuterRef("pk"))
    rows = Flow.objects.filter(Q(removed=False) | Q(Exists(own)), agreement=agreement)
    return rows.select_related("dataset", "provider", "recipient").order_by("position_in_order", "id")


def _last_covered(flows: Collection[UUID], today: date) -> dict[UUID, date]:
    rows = Coverage.objects.filter(flow__in=flows, first_on__lte=today, last_on__gte=F("first_on"))
    found: dict[UUID, date] = {}
    for flow, last in rows.values_list("flow", "last_on"):
        found[flow] = max(found.get(flow, last), last)
    return found
