"""Whether an amendment or a joinder can still change the agreement it belongs to, with the rule where it can't."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from agreements import amended, term, texts
from agreements.models import LEAVES, Agreement, Amendment, Party, Stage
from common.dates import day

Content = Mapping[str, Any]


def unfit(agreement: Agreement, key: UUID, content: Content, *, signed_on: date, since: date) -> str:
    """Why the instrument `key` with this text, signed on a day and effective `since`, can't change the agreement."""
    base = texts.agreed(agreement)
    if base is None or agreement.stage != Stage.EXECUTED:
        return f"{agreement.reference} has ended or was never executed: there is nothing to amend. Make a new agreement."
    final = agreement.final_day
    if final and not term.extendable(signed_on, final):
        return (
            f"{agreement.reference} ended by its own terms on {day(final)}. An amendment signed after the last day neither "
            f"revives nor extends it: make a new agreement; {term.gap_days(final, signed_on)} days are without cover so far."
        )
    if final and since > final:
        return f"{agreement.reference} ends on {day(final)}, before this takes effect on {day(since)}."
    said = content["amends"]
    if (base.number, base.sha256) != (said["version"], said["sha256"]):
        return (
            f"{agreement.reference} was changed meanwhile: its text is version {base.number}, and this was drafted on version "
            f"{said['version']}. Abandon it and begin from the text as it is now."
        )
    before = Amendment.objects.filter(amends=agreement, effective_on__gt=since).order_by("-number").first()
    if before and before.effective_on:
        return f"An earlier change takes effect on {day(before.effective_on)} only; this one can't come before it."
    return _unsound(agreement, base.content, content, key)


def _unsound(agreement: Agreement, base: Content, content: Content, key: UUID) -> str:
    """What the conformed text would lack."""
    if content["amends"]["kind"] == "joinder":
        return ""
    for name, words in (
        ("effective_rule", "rule by which it begins"),
        ("effective_on", "first day in force"),
    ):
        if content["term"].get(name) != base["term"].get(name):
            return f"An amendment can't change when the agreement began: leave the {words} as it was."
    found = amended.conformed(base, content, key)
    least = max(found["term"].get("min_parties") or 2, 2)
    gone = {
        str(key) for key in agreement.parties.exclude(pk__in=staying(agreement)).values_list("pk", flat=True)
    }
    if (remaining := sum(row["id"] not in gone for row in found["parties"])) < least:
        return f"Only {remaining} of the parties would remain, fewer than the {least} it takes."
    if not any(row["agency"] == found["lead"] for row in found["parties"]):
        return (
            "The lead agency can't be let go by an amendment. Make a new agreement that another agency leads."
        )
    return ""


def staying(agreement: Agreement) -> QuerySet[Party]:
    """The parties that go on: none that has given notice to leave, be it acknowledged or not; nobody can keep them."""
    waiting = agreement.notices.filter(ground=LEAVES, received_on=None).values("agency")
    return agreement.parties.filter(left_on=None).exclude(agency__in=waiting)


def unfit_successor(agreement: Agreement, content: Content, *, signed_on: date) -> str:
    """Why an agreement not executed yet can't replace the one it names: that would end it for somebody who does not sign."""
    old = agreement.supersedes if agreement.executed_at is None else None
    if old is None or old.stage != Stage.EXECUTED:
        return ""
    now = {row["agency"] for row in content["parties"]}
    staying = old.parties.filter(Q(left_on=None) | Q(left_on__gte=signed_on)).select_related("agency")
    missing = [row.agency.name for row in staying.order_by("position") if str(row.agency_id) not in now]
    if not missing:
        return ""
    return (
        f"It can't replace {old.reference}: {' and '.join(missing)} would lose that agreement without signing this one. Let "
        "them leave it first, or take them in here."
    )
