"""Each due reminder exists once, whatever runs twice, late or not at all for a while."""

from datetime import timedelta

import pytest

from agreements.models import Reminder
from agreements.operations import reminding, reviewing
from common.models import Job
from tests import builders
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> World:
    return builders.world()


def test_a_rung_is_told_once_however_often_the_sweep_runs(made: World) -> None:
    agreement = builders.executed(made)
    assert agreement.last_day is not None
    now = NOW + (agreement.last_day - NOW.date()) - timedelta(days=180)
    assert reminding.remind(now=now) > 0
    assert reminding.remind(now=now) == 0
    told = Reminder.objects.filter(deadline="last_day")
    assert {(row.person.name, row.rung) for row in told} == {("Riverton Liaison", 180), ("Mesa Liaison", 180)}


def test_after_an_outage_nobody_gets_more_than_one_mail_for_a_deadline(made: World) -> None:
    agreement = builders.executed(made)
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
    agreement = builders.executed(made)
    assert agreement.last_day is not None
    later = NOW + (agreement.last_day - NOW.date()) - timedelta(days=60)
    reviewing.decide(
        agreement, outcome="lapse", reason="The programme ends.", actor=made.mesa_counsel, now=later
    )
    reminding.remind(now=later)
    assert not Reminder.objects.filter(deadline="last_day").exists()


def test_what_has_lapsed_is_told_every_week(made: World) -> None:
    agreement = builders.executed(made)
    assert agreement.last_day is not None
    reminding.remind(now=NOW + (agreement.last_day - NOW.date()) + timedelta(days=15))
    rungs = Reminder.objects.filter(deadline="last_day", person=made.mesa_counsel, rung__lt=0)
    assert sorted(row.rung for row in rungs) == [-14, -7]
