"""Each due reminder exists once, whatever runs twice, late or not at all for a while."""

from datetime import timedelta
from typing import Any

import pytest

from agencies.operations.agencies import edit_agency
from agreements import board
from agreements.models import Reminder
from agreements.operations import ending, reminding, reviewing
from common.models import Job
from tests import builders
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db


def test_a_rung_is_told_once_however_often_the_sweep_runs(made: World) -> None:
    agreement = builders.executed(made, short=True)
    assert agreement.last_day is not None
    now = NOW + (agreement.last_day - NOW.date()) - timedelta(days=180)
    assert reminding.remind(now=now) > 0
    assert reminding.remind(now=now) == 0
    told = Reminder.objects.filter(deadline="last_day")
    assert {(row.person.name, row.rung) for row in told} == {("Riverton Liaison", 180), ("Mesa Liaison", 180)}


def test_after_an_outage_nobody_gets_more_than_one_mail_for_a_deadline(made: World) -> None:
    agreement = builders.executed(made, short=True)
    assert agreement.last_day is not None
    Job.objects.filter(kind="mail").delete()
    reminding.remind(now=NOW + (agreement.last_day - NOW.date()) - timedelta(days=20))
    rungs = Reminder.objects.filter(deadline="last_day", person=made.riverton_liaison).values_list(
        "rung", flat=True
    )
    assert sorted(rungs) == [30, 60, 90, 120, 180]
    mails = Job.objects.filter(kind="mail", owner=made.riverton_liaison.pk, key__contains=":last_day:")
    assert [job.key.split(":")[5] for job in mails] == ["30"]
    assert "If nobody acts" in mails.get().payload["text"]


def test_a_decision_to_let_it_lapse_ends_the_ladder(made: World) -> None:
    agreement = builders.executed(made, short=True)
    assert agreement.last_day is not None
    later = NOW + (agreement.last_day - NOW.date()) - timedelta(days=60)
    reviewing.decide(
        agreement, outcome="lapse", reason="The programme ends.", actor=made.mesa_counsel, now=later
    )
    reminding.remind(now=later)
    assert not Reminder.objects.filter(deadline="last_day").exists()


def test_what_renews_itself_is_told_of_until_notice_is_given_whatever_was_decided(made: World) -> None:
    agreement = builders.executed(
        made, short=True, terms={"months": 12, "renewal": "automatic", "renewal_months": 12}
    )
    assert agreement.last_day is not None
    later = NOW + (agreement.last_day - NOW.date()) - timedelta(days=100)
    who = made.mesa_counsel
    reviewing.decide(agreement, outcome="lapse", reason="The programme ends.", actor=who, now=later)
    reminding.remind(now=later)
    told = Reminder.objects.filter(agreement=agreement)
    assert told.filter(deadline="last_day").exists() and told.filter(deadline="notice").exists()
    mine = board.Scope((made.mesa.pk,))
    assert [row.step for row in board.decided(mine)] == ["terminate"]
    ending.terminate(again(agreement), ground="no_renewal", reason="As decided.", actor=who, now=later)
    before = told.count()
    reminding.remind(now=later + timedelta(days=60))
    assert told.count() == before and [row.step for row in board.decided(mine)] == [""]


def test_what_has_lapsed_is_told_every_week(made: World) -> None:
    agreement = builders.executed(made, short=True)
    assert agreement.last_day is not None
    reminding.remind(now=NOW + (agreement.last_day - NOW.date()) + timedelta(days=15))
    rungs = Reminder.objects.filter(deadline="last_day", person=made.mesa_counsel, rung__lt=0)
    assert sorted(row.rung for row in rungs) == [-14, -7]


def test_an_agency_is_reminded_on_its_own_days(made: World) -> None:
    agreement = builders.executed(made, short=True)
    assert agreement.last_day is not None
    agency_says(made, days_before=[400, 45], weekly_when_overdue=False)
    reminding.remind(now=NOW + (agreement.last_day - NOW.date()) - timedelta(days=40))
    mine = Reminder.objects.filter(deadline="last_day", agency=made.riverton)
    assert set(mine.values_list("rung", flat=True)) == {400, 45}
    assert {row.person.name for row in mine.filter(rung=45)} == {"Riverton Liaison", "Riverton Counsel"}
    theirs = Reminder.objects.filter(deadline="last_day", agency=made.mesa, person=made.mesa_liaison)
    assert set(theirs.values_list("rung", flat=True)) == {180, 120, 90, 60}
    reminding.remind(now=NOW + (agreement.last_day - NOW.date()) + timedelta(days=15))
    assert not Reminder.objects.filter(agency=made.riverton, deadline="last_day", rung__lt=0).exists()


def test_the_slowest_partys_approval_moves_the_first_reminder_of_all(made: World) -> None:
    agreement = builders.executed(made, short=True)
    assert agreement.last_day is not None
    agency_says(made, approval_lead_days=200)
    when = NOW + (agreement.last_day - NOW.date()) - timedelta(days=230)
    told = Reminder.objects.filter(deadline="last_day")
    reminding.remind(now=when - timedelta(days=1))
    assert not told.exists()
    reminding.remind(now=when)
    assert {(row.person.name, row.rung) for row in told} == {("Riverton Liaison", 230), ("Mesa Liaison", 230)}


def test_what_renews_itself_or_has_ended_is_never_told_to_be_over(made: World) -> None:
    renews = {
        "renewal": "automatic",
        "months": 12,
        "renewal_months": 12,
        "renewal_max": 1,
        "review_months": None,
    }
    agreement = builders.executed(made, short=True, terms=renews)
    assert agreement.last_day is not None
    reminding.remind(now=NOW + (agreement.last_day - NOW.date()) + timedelta(days=20))
    assert not Reminder.objects.filter(deadline="last_day", rung__lt=0).exists()
    ending.terminate(agreement, ground="mutual", reason="Done.", actor=made.mesa_counsel, now=NOW)
    before = Reminder.objects.count()
    reminding.remind(now=NOW + timedelta(days=900))
    assert Reminder.objects.count() == before


def agency_says(made: World, **settings: Any) -> None:
    """Riverton's administrator sets its reminders."""
    made.riverton.refresh_from_db()
    edit_agency(made.riverton, reminders=settings, actor=made.riverton_administrator, now=NOW)
