"""What is owed reaches whoever sees to it by mail, at their pace, once for each step; so does becoming an owner."""

from datetime import date, timedelta
from typing import Any

import pytest

from agencies.models import Pace
from agencies.operations.accounts import choose_pace
from agreements.models import Agreement, Duty, Reminder
from agreements.operations import ending, handing, owing, owning, stating
from common.models import Job
from tests import builders
from tests.agreements.test_owing import due, hand, on
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db
DUE = date(2026, 6, 1)


@pytest.fixture
def report(made: World) -> Duty:
    """The first of Mesa's quarterly reports, asked for thirty days before its day; nobody is named for it."""
    agreement = due(made, often="Quarterly", months=12)
    owing.ask(now=on(DUE - timedelta(days=30)))
    found: Duty = agreement.duties.get()
    assert (found.due_on, found.owner) == (DUE, None)
    return found


def look(*days_before: int) -> None:
    for days in days_before:
        stating.due(now=on(DUE - timedelta(days=days)))


def steps(made: World, key: str) -> list[int]:
    rows = Reminder.objects.filter(person=made.people[key], deadline="duty")
    return sorted(rows.values_list("rung", flat=True))


def mails(made: World, key: str) -> list[Any]:
    """The mails to somebody that tell of something due."""
    rows = Job.objects.filter(kind="mail", owner=made.people[key].pk, payload__text__icontains="/duties/")
    return [job.payload for job in rows.filter(key__startswith="mail:reminder").order_by("pk")]


def given(report: Duty, made: World, key: str, days: int) -> None:
    handing.assign(report, owner=made.people[key], reason="Hers.", actor=made.mesa_administrator,
                   now=on(DUE - timedelta(days=days)))  # fmt: skip


def test_who_sees_to_it_is_told_at_each_step_and_administrators_too_once_it_is_overdue(
    made: World, report: Duty
) -> None:
    given(report, made, "mesa_liaison", 30)
    look(30, 30, 20, 14, 7, 1, 0, -3, -7, -8, -14)
    assert steps(made, "mesa_liaison") == [-14, -7, 0, 1, 7, 14, 30]
    assert steps(made, "mesa_administrator") == [-14, -7]
    assert steps(made, "riverton_liaison") == [] == steps(made, "mesa_counsel")
    first, *_, last = mails(made, "mesa_liaison")
    assert first["subject"].startswith("Due on 1 Jun 2026 under ") and "Report the use" in first["text"]
    assert "If nobody hands it in by 1 Jun 2026" in first["text"]
    assert last["subject"].startswith("Overdue since 1 Jun 2026") and len(mails(made, "mesa_liaison")) == 7


def test_what_nobody_sees_to_is_the_administrators_and_after_an_outage_only_the_newest_step_is_told(
    made: World, report: Duty
) -> None:
    look(25, 3)
    assert steps(made, "mesa_administrator") == [7, 30] and steps(made, "mesa_liaison") == []
    given(report, made, "mesa_counsel", 2)
    look(2, 1)
    assert steps(made, "mesa_counsel") == [1, 7], "whoever takes it over is told of the newest step"


def test_it_comes_with_the_daily_mail_beside_deadlines_and_not_once_it_is_handed_in(
    made: World, report: Duty
) -> None:
    person = made.mesa_liaison
    choose_pace(person, pace=Pace.DAILY, actor=person, now=NOW)
    given(report, made, "mesa_liaison", 30)
    look(30)
    assert mails(made, "mesa_liaison") == []
    look(29)
    assert len(mails(made, "mesa_liaison")) == 1
    look(14)
    hand(report, person, DUE - timedelta(days=14))
    look(13, 7, -7)
    assert len(mails(made, "mesa_liaison")) == 1 and steps(made, "mesa_liaison") == [30]


def test_what_comes_due_at_the_end_is_told_although_the_agreement_is_over(made: World) -> None:
    agreement = builders.executed(made)
    ending.terminate(agreement, ground="mutual", reason="Done.", actor=made.mesa_counsel, now=on(DUE))
    stating.due(now=on(DUE))
    rows = Reminder.objects.filter(agreement=agreement)
    assert set(rows.values_list("deadline", flat=True)) == {"duty"} and not rows.filter(told_at=None).exists()


def test_whoever_is_named_owner_hears_of_it_with_their_next_mail(made: World) -> None:
    agreement: Agreement = builders.executed(made)
    person = made.mesa_counsel
    choose_pace(person, pace=Pace.DAILY, actor=person, now=NOW)
    for who in (made.mesa_liaison, person):
        owning.own(agreement, person=who, actor=made.mesa_administrator, now=NOW)
    stating.due(now=NOW)
    said = Job.objects.filter(kind="mail", payload__subject__startswith="Yours now: ")
    assert not said.exists(), "the liaison's is taken back, counsel's waits for the hour"
    stating.due(now=NOW + timedelta(days=1))
    (mail,) = said
    assert (
        mail.owner == person.pk
        and "you answer for Mesa County District Attorney’s part" in mail.payload["text"]
    )
    assert not Reminder.objects.filter(person=made.mesa_liaison, deadline="owner").exists()
    for who in (None, person):
        owning.own(agreement, person=who, actor=person, now=NOW + timedelta(days=2))
    assert Reminder.objects.filter(deadline="owner").count() == 1, "of one's own act nobody is told"
