"""What one agreement has to do with others and what is under way about it, as notes at the head of its pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from agreements import amended, policy, standing, term, texts
from agreements.models import Agreement, Amendment, Amends, Breach, Notice, Party, Stage
from common.dates import day

DONE = (Stage.EXECUTED, Stage.ENDED)


@dataclass(frozen=True)
class Note:
    """Something to know before anything else: in words, how urgent, and where more is said."""

    words: str
    tone: str = "info"
    url: str = ""
    label: str = ""


def notes(agreement: Agreement, user: policy.Person, *, today: date) -> list[Note]:
    """What is to be known about an agreement on the day: one query, and one more for each thing there is."""
    if agreement.is_instrument:
        return list(_of_instrument(agreement))
    found = list(_of_others(agreement, user, today))
    if agreement.unreviewed_on:
        words = f"It renewed itself on {day(agreement.unreviewed_on)} although nobody had recorded a decision. Decide now."
        found.append(Note(words, "warning", f"{agreement.get_absolute_url()}decide/", "Record a decision"))
    if agreement.stage == Stage.EXECUTED:
        found += _under_way(agreement, today)
    return found


def _of_instrument(agreement: Agreement) -> Iterator[Note]:
    row = Amendment.objects.filter(agreement=agreement).select_related("amends").first()
    if row is None:
        return
    url = f"{agreement.get_absolute_url()}changes/"
    when = f"from {day(row.effective_on)} on" if row.effective_on else "when every party has signed"
    verb = "changes" if row.kind == Amends.AMENDMENT else "brings a party into"
    words = f"This {verb} {row.amends.reference} “{row.amends.title}” {when}."
    yield Note(words, "info", url, "See what it changes")


def _of_others(agreement: Agreement, user: policy.Person, today: date) -> Iterator[Note]:
    seen = policy.visible(user, today=today)
    if agreement.parent_id and (parent := seen.filter(pk=agreement.parent_id).first()):
        where = standing.of(parent, today=today)
        ends = f" until {day(parent.final_day)}" if parent.final_day else ""
        shorter = parent.final_day and (agreement.final_day is None or parent.final_day < agreement.final_day)
        words = f"It rests on {parent.reference} “{parent.title}”, which is {where.label.lower()}{ends if where.in_force else ''}."
        tone = "info" if where.in_force and not shorter else "warning"
        yield Note(words, tone, parent.get_absolute_url(), f"Open {parent.reference}")
    if agreement.supersedes_id and (old := seen.filter(pk=agreement.supersedes_id).first()):
        yield _replacing(agreement, old, today)


def _replacing(agreement: Agreement, old: Agreement, today: date) -> Note:
    """What a successor replaces, and which exchanges it leaves without cover."""
    before, after = (
        texts.agreed(old),
        texts.on(agreement, today) or agreement.versions.order_by("-number").first(),
    )
    lost = amended.losing(before.content, after.content) if before and after else []
    words = f"It replaces {old.reference} “{old.title}” from the day it takes effect."
    last, first = old.final_day, agreement.effective_on or today
    if last and (gap := term.gap_days(last, first)):
        words += f" That one ended on {day(last)}: {gap} day{'s' * (gap != 1)} in between are without cover."
    if lost:
        words += f" Without cover from then on: {'; '.join(lost)}."
    return Note(words, "warning" if lost else "info", old.get_absolute_url(), f"Open {old.reference}")


def _waiting(agreement: Agreement) -> QuerySet[Notice]:
    return Notice.objects.filter(agreement=agreement, received_on=None)


def _under_way(agreement: Agreement, today: date) -> Iterator[Note]:
    """Notices, breaches, departures and changes to come; one query tells which of them there are."""
    outer = OuterRef("pk")
    coming = Amendment.objects.filter(amends=agreement, effective_on__gt=today).select_related("agreement")
    going = Party.objects.filter(agreement=agreement, left_on__gte=today)
    broken = Breach.objects.filter(agreement=agreement, cured_on=None).select_related("party")
    there = Agreement.objects.filter(pk=agreement.pk).values_list(
        Exists(coming.filter(amends=outer)), Exists(_waiting(agreement).filter(agreement=outer)),
        Exists(going.filter(agreement=outer)), Exists(broken.filter(agreement=outer)),
        Exists(resting(agreement).filter(parent=outer)),
    )[0]  # fmt: skip
    for row in coming.order_by("number") if there[0] else ():
        if row.effective_on:
            url = f"{agreement.get_absolute_url()}text/?on={row.effective_on.isoformat()}"
            yield Note(f"{row.agreement.reference} changes it from {day(row.effective_on)} on.", "info", url,
                       "Read the text from then on")  # fmt: skip
    for notice in _waiting(agreement).select_related("agency") if there[1] else ():
        words = (
            f"{notice.agency.name} gave notice; it takes effect when the other parties have acknowledged it."
        )
        yield Note(words, "warning", f"{agreement.get_absolute_url()}steps/acknowledge/", "Acknowledge it")
    for party in going if there[2] else ():
        if party.left_on:
            yield Note(f"{party.legal_name} leaves after {day(party.left_on)}; the others go on.", "warning")
    for breach in broken if there[3] else ():
        yield Note(
            f"Notice of a breach by {breach.party.legal_name}: to be cured by {day(breach.cure_by)}.",
            "warning",
        )
    if there[4]:
        names = ", ".join(resting(agreement).order_by("reference").values_list("reference", flat=True)[:10])
        yield Note(f"Other agreements rest on this one and are told when it ends: {names}.", "info")


def resting(agreement: Agreement) -> QuerySet[Agreement]:
    """The agreements in force that rest on this one; instruments that change it are no such agreements."""
    rows = Agreement.objects.filter(parent=agreement, stage=Stage.EXECUTED)
    return rows.exclude(kind__in=Amends.values)


def may_rest_on(agreement: Agreement, user: policy.Person, *, today: date) -> QuerySet[Agreement]:
    """The executed agreements that this one may rest on or replace: any that the person reads, and those it does."""
    own = Q(pk=agreement.pk) | Q(kind__in=Amends.values)
    there = Q(stage=Stage.EXECUTED) | Q(
        pk__in=[key for key in (agreement.parent_id, agreement.supersedes_id) if key]
    )
    return policy.visible(user, today=today).filter(there).exclude(own).order_by("reference")
