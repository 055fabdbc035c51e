"""How often people are told of deadlines: each at their own pace, in groups, and never twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Event as Gate
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from agencies.models import Pace
from agreements import reminders
from agreements.models import Agreement, Reminder
from agreements.operations import reminding, telling
from tests import builders
from tests.agreements.reminded import before, mails, paced, told
from tests.builders import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreement(made: World) -> Agreement:
    return builders.executed(made, short=True, terms={"months": 12, "renewal": "none", "review_months": None})


def test_a_daily_mail_gathers_what_fell_due_and_says_what_happens_if_nobody_acts(made: World) -> None:
    both = [builders.executed(made, title=f"Exchange {n}", short=True, terms={"months": 12}) for n in (1, 2)]
    paced(made, "mesa_liaison", Pace.DAILY)
    night = before(both[0], 180, hour=8)
    reminding.remind(now=night)
    assert mails(made, "mesa_liaison") == [] and len(mails(made, "riverton_liaison")) == 4
    for _ in range(3):
        reminding.remind(now=night + timedelta(hours=6))
    (mail,) = mails(made, "mesa_liaison")
    assert mail.payload["subject"].startswith("4 deadlines of your agreements, the first on 29 Jan 2027")
    assert mail.payload["text"].count("If nobody") == 4 and mail.payload["text"].count("/dates/") == 4
    assert not Reminder.objects.filter(told_at=None).exists()


def test_a_weekly_mail_waits_for_monday_but_not_past_the_deadline(made: World, agreement: Agreement) -> None:
    paced(made, "mesa_liaison", Pace.WEEKLY)
    paced(made, "mesa_counsel", Pace.WEEKLY)
    first = before(agreement, 180)
    day = first
    while not mails(made, "mesa_liaison"):
        reminding.remind(now=day)
        day += timedelta(days=1)
    sent = day - timedelta(days=1)
    assert sent.weekday() == 0 and timedelta(0) <= sent - first <= timedelta(days=7)
    for days in (14, 7, 1):
        reminding.remind(now=before(agreement, days))
    reminding.remind(now=before(agreement, 0))
    assert told(made, "mesa_counsel") == [0, 1, 7, 14, 30, 60, 90]
    assert Reminder.objects.get(person=made.mesa_counsel, deadline="last_day", rung=1).told_at == before(
        agreement, 1
    )


@pytest.mark.parametrize("after", [Pace.AT_ONCE, Pace.DAILY])
def test_whoever_changes_their_mind_is_told_once(made: World, agreement: Agreement, after: Pace) -> None:
    paced(made, "mesa_liaison", Pace.WEEKLY)
    when = before(agreement, 120)
    reminding.remind(now=when)
    rows = Reminder.objects.filter(person=made.mesa_liaison, deadline="last_day", told_at=None)
    waiting = rows.count()
    paced(made, "mesa_liaison", after)
    for days in range(10):
        reminding.remind(now=when + timedelta(days=days))
        if days == 4:
            paced(made, "mesa_liaison", Pace.WEEKLY)
    mine = Reminder.objects.filter(person=made.mesa_liaison)
    assert (
        waiting == 2 and told(made, "mesa_liaison") == [120, 180] and not mine.filter(told_at=None).exists()
    )
    assert len(mails(made, "mesa_liaison")) == (2 if after == Pace.AT_ONCE else 1)


def test_what_fails_on_the_way_is_told_by_the_next_look(
    made: World, agreement: Agreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("agreements.remindermails.emails.letters", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            reminding.remind(now=before(agreement, 180))
    assert Reminder.objects.filter(told_at=None).count() == 4 and mails(made, "mesa_liaison") == []
    reminding.remind(now=before(agreement, 180))
    assert len(mails(made, "mesa_liaison")) == 2 and told(made, "mesa_liaison") == [180]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_tell_at_once_the_second_waits_and_finds_nothing_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = builders.world()
    agreement = builders.executed(
        made, short=True, terms={"months": 12, "renewal": "none", "review_months": None}
    )
    now, first, go_on, plain = before(agreement, 120), Gate(), Gate(), telling._said
    monkeypatch.setattr(telling, "tell", lambda **given: 0)
    reminding.remind(now=now)
    monkeypatch.undo()

    def slow(*given: Any) -> Any:
        first.set()
        assert go_on.wait(20)
        return plain(*given)

    def tells() -> int:
        try:
            return telling.tell(now=now, reach=180)
        finally:
            connection.close()

    monkeypatch.setattr(telling, "_said", slow)
    with ThreadPoolExecutor(2) as hands:
        one = hands.submit(tells)
        assert first.wait(20)
        two = hands.submit(tells)
        with pytest.raises(TimeoutError):
            two.result(timeout=0.5)
        go_on.set()
        assert one.result(20) > 0 and two.result(20) == 0
    of_the_end = [row for row in mails(made, "mesa_liaison") if ":last_day:" in row.key]
    assert len(of_the_end) == 1 and told(made, "mesa_liaison") == [120, 180]


def test_people_are_told_in_groups_for_whom_not_too_much_waits_at_once() -> None:
    ann, bo, cy, di = (UUID(int=number) for number in range(4))
    most = telling.AT_ONCE
    assert list(telling._parts({ann: most - 1, bo: 2, cy: most + 5, di: 1})) == [[ann], [bo], [cy], [di]]
    assert list(telling._parts({ann: 1, bo: most - 1, cy: 1})) == [[ann, bo], [cy]]
    assert list(telling._parts({})) == []


def pending(made_at: datetime, rung: int, on: date) -> Any:
    return SimpleNamespace(made_at=made_at, rung=rung, deadline_on=on)


FAR = date(2027, 1, 1)


@pytest.mark.parametrize(
    ("pace", "zone", "made_at", "goes_at"),
    [
        (Pace.DAILY, "America/Denver", datetime(2026, 3, 3, 8, tzinfo=UTC), datetime(2026, 3, 3, 14, tzinfo=UTC)),
        (Pace.DAILY, "America/Denver", datetime(2026, 3, 3, 14, tzinfo=UTC), datetime(2026, 3, 4, 14, tzinfo=UTC)),
        (Pace.DAILY, "Pacific/Honolulu", datetime(2026, 3, 3, 8, tzinfo=UTC), datetime(2026, 3, 3, 17, tzinfo=UTC)),
        (Pace.DAILY, "America/Denver", datetime(2026, 3, 8, 8, tzinfo=UTC), datetime(2026, 3, 8, 13, tzinfo=UTC)),
        (Pace.WEEKLY, "America/Denver", datetime(2026, 3, 3, 8, tzinfo=UTC), datetime(2026, 3, 9, 13, tzinfo=UTC)),
        (Pace.WEEKLY, "Pacific/Auckland", datetime(2026, 3, 3, 8, tzinfo=UTC), datetime(2026, 3, 8, 18, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_gathered_mail_goes_at_seven_on_the_clock_of_the_persons_agency(
    pace: Pace, zone: str, made_at: datetime, goes_at: datetime
) -> None:
    waiting = [pending(made_at, 30, FAR)]
    at = made_at
    while not reminders.goes(pace, waiting, now=at, zone=ZoneInfo(zone)):
        at += timedelta(minutes=10)
    assert at == goes_at


def test_the_first_look_after_an_outage_sends_what_waited(made: World) -> None:
    waiting = [pending(datetime(2026, 3, 3, 8, tzinfo=UTC), 30, FAR)]
    late = datetime(2026, 3, 19, 22, tzinfo=UTC)
    assert reminders.goes(Pace.WEEKLY, waiting, now=late, zone=ZoneInfo("America/Denver"))
