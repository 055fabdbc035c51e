"""What a look for due deadlines reads, and what people are told of when those around an agreement change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from agencies.models import Membership, Pace
from agencies.operations.accounts import choose_pace
from agencies.operations.roles import retire_membership
from agreements.models import Agreement, Reminder, ReminderSweep
from agreements.operations import lately, reminding, renewing, reviewing
from audit.models import Event
from audit.record import SYSTEM
from tests import builders
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db
YEAR = {"months": 12, "renewal": "none", "review_months": None}
LAST = date(2027, 3, 1)


def before(days: int, *, hour: int = 15) -> datetime:
    """So many days before the last day, at an hour in UTC."""
    on = LAST - timedelta(days=days)
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def found(now: datetime) -> list[Any]:
    """The agreements a look reads."""
    return [key for look in reminding.looked_at(lately.since(now), now)[0] for key in look.ids]


def looked(at: datetime, **log: int) -> None:
    """A look was taken; what was recorded by then is long since known, unless told otherwise."""
    newest = Event.objects.latest("pk").pk
    seen = {"at": at, "event": newest + lately.LOOKED_BACK, "horizon": 0, **log}
    ReminderSweep.objects.update_or_create(pk=1, defaults=seen)


def rungs(made: World, key: str, deadline: str = "last_day") -> list[int]:
    rows = Reminder.objects.filter(person=made.people[key], deadline=deadline)
    return sorted(rows.values_list("rung", flat=True))


@pytest.fixture
def agreement(made: World) -> Agreement:
    made_ = builders.executed(made, terms=YEAR)
    assert made_.last_day == LAST
    return made_


def test_a_day_is_looked_at_once_it_begins_where_the_agreement_is_and_once_only(agreement: Agreement) -> None:
    looked(before(121))
    assert found(before(120, hour=5)) == [], "in Denver it is eleven in the evening before"
    assert found(before(120, hour=8)) == [agreement.pk]
    looked(before(120, hour=8))
    assert found(before(120, hour=23)) == []
    assert found(before(119)) == [], "nothing falls due on the day after"


def test_whoever_is_told_on_a_day_is_told_of_what_fell_due_since_the_last_look(
    made: World, agreement: Agreement
) -> None:
    reminding.remind(now=before(125))
    looked(before(125))
    (look,) = reminding.looked_at(lately.since(before(85)), before(85))[0]
    assert look.ids == [agreement.pk] and look.since == LAST - timedelta(days=124)
    reminding.remind(now=before(85))
    assert rungs(made, "mesa_liaison") == [90, 120, 180] and rungs(made, "mesa_counsel") == [90]


def test_an_entry_whose_transaction_was_still_open_at_the_last_look_is_read_by_the_next(
    agreement: Agreement,
) -> None:
    newest, near = Event.objects.latest("pk"), before(100)
    looked(near, event=newest.pk, horizon=newest.transaction)
    assert found(near) == [agreement.pk]
    looked(near, event=newest.pk, horizon=newest.transaction + 1)
    assert found(near) == []
    looked(near, event=newest.pk - 1, horizon=newest.transaction + 1)
    assert found(near) == [agreement.pk]


def test_what_was_decided_last_counts(made: World, agreement: Agreement) -> None:
    for days, outcome in ((170, "lapse"), (100, "renew")):
        reviewing.decide(agreement, outcome=outcome, reason="x", actor=made.mesa_counsel, now=before(days))
        reminding.remind(now=before(days))
        assert bool(rungs(made, "riverton_liaison")) == (outcome == "renew")
        agreement.refresh_from_db()


def test_nobody_is_asked_to_review_what_has_lapsed_or_is_let_go(made: World) -> None:
    terms = YEAR | {"review_months": 24}
    lapses, goes = (builders.executed(made, title=name, terms=terms) for name in ("Lapses", "Is let go"))
    reviewing.decide(goes, outcome="lapse", reason="x", actor=made.mesa_counsel, now=before(90))
    reminding.remind(now=before(-380))
    assert not Reminder.objects.filter(deadline="review").exists()
    weekly = Reminder.objects.filter(deadline="last_day", rung__lt=0)
    assert set(weekly.values_list("agreement", flat=True)) == {lapses.pk}


def test_whoever_takes_over_is_told_of_the_newest_step_that_nobody_else_knows(
    made: World, agreement: Agreement
) -> None:
    person = made.mesa_liaison
    choose_pace(person, pace=Pace.WEEKLY, actor=person, now=NOW)
    reminding.remind(now=before(119))
    assert not Reminder.objects.filter(person=person).exclude(told_at=None).exists()
    builders.person(made, "mesa_successor", {"mesa": "liaison"}, before(118))
    held = Membership.objects.get(user=person, role="liaison")
    retire_membership(held, actor=SYSTEM, now=before(118))
    for days in (118, 117, 90):
        reminding.remind(now=before(days))
    assert rungs(made, "mesa_successor") == [90, 120], "not of all that was before"
    assert rungs(made, "mesa_liaison") == [], "what waited for the one who left is taken back"
    assert not Reminder.objects.filter(told_at=None).exists()


def test_what_can_renew_itself_no_more_is_not_looked_at_each_night(
    made: World, django_assert_num_queries: Any
) -> None:
    terms = YEAR | {"renewal": "automatic", "renewal_months": 12, "renewal_max": 1}
    builders.executed(made, terms=terms)
    assert renewing.sweep(now=before(-2)) == 1
    with django_assert_num_queries(1):
        assert renewing.sweep(now=before(-800)) == 0
