"""Who is told of a deadline, how often, and never twice: each at their own pace, partners without an account too."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Event as Gate
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from agencies.models import Membership, Pace
from agencies.operations.accounts import choose_pace, deactivate_user
from agencies.operations.agencies import edit_agency
from agencies.operations.roles import grant_membership, retire_membership
from agreements import reminders
from agreements.models import Agreement, Reminder, ReminderSweep
from agreements.operations import ending, lately, leaving, reminding, reviewing, telling, wishing
from audit.models import Event
from audit.record import SYSTEM
from common.models import Job
from tests import builders
from tests.agreements import several
from tests.agreements.pages import browser, text, url
from tests.api.calling import Program
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db


def before(agreement: Agreement, days: int, *, hour: int = 15) -> datetime:
    """So many days before the last day, at an hour in UTC; in Denver it is seven or six hours earlier."""
    assert agreement.last_day is not None
    on = agreement.last_day - timedelta(days=days)
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def paced(made: World, key: str, pace: Pace) -> None:
    choose_pace(made.people[key], pace=pace, actor=made.people[key], now=NOW)


def mails(made: World, key: str) -> list[Job]:
    """What was written to somebody about deadlines."""
    rows = Job.objects.filter(kind="mail", owner=made.people[key].pk, key__startswith="mail:reminder")
    return list(rows.order_by("pk"))


def told(made: World, key: str) -> list[int]:
    rows = Reminder.objects.filter(person=made.people[key], deadline="last_day").exclude(told_at=None)
    return sorted(rows.values_list("rung", flat=True))


@pytest.fixture
def agreement(made: World) -> Agreement:
    return builders.executed(made, terms={"months": 12, "renewal": "none", "review_months": None})


def test_a_daily_mail_gathers_what_fell_due_and_says_what_happens_if_nobody_acts(made: World) -> None:
    both = [builders.executed(made, title=f"Exchange {n}", terms={"months": 12}) for n in (1, 2)]
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
    agreement = builders.executed(made, terms={"months": 12, "renewal": "none", "review_months": None})
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


def test_whoever_takes_over_on_a_coming_day_is_told_then(
    made: World, agreement: Agreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lately, "LOOKED_BACK", 0)  # else all that a test did in its one transaction is news
    taking, old = before(agreement, 170), Membership.objects.get(user=made.mesa_liaison, role="liaison")
    reminding.remind(now=before(agreement, 181))
    successor = builders.person(made, "mesa_next", {"mesa": "auditor"}, NOW)
    mesa, coming = made.agencies["mesa"], {"actor": SYSTEM, "now": before(agreement, 181, hour=16)}
    grant_membership(mesa, successor, role="liaison", since=taking.date(), **coming)
    retire_membership(old, until=taking.date(), **coming)
    for days in range(181, 171, -1):
        reminding.remind(now=before(agreement, days, hour=17))
    assert told(made, "mesa_liaison") == [180] and told(made, "mesa_next") == []
    reminding.remind(now=taking.replace(hour=1))  # that is the day before in Denver
    assert told(made, "mesa_next") == []
    reminding.remind(now=taking)
    assert told(made, "mesa_next") == [180]


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


def test_where_nobody_owns_it_the_administrator_is_told(made: World, agreement: Agreement) -> None:
    for row in Membership.objects.filter(agency=made.mesa, role="liaison"):
        retire_membership(row, actor=made.mesa_administrator, now=NOW + timedelta(days=1))
    reminding.remind(now=before(agreement, 120))
    rows = Reminder.objects.filter(agency=made.mesa, deadline="last_day")
    assert {(row.person.name, row.rung) for row in rows if row.person} == {
        ("Mesa Administrator", 180),
        ("Mesa Administrator", 120),
    }


def test_what_stays_undecided_goes_up_to_signatory_and_administrator_and_every_week_after(
    made: World, agreement: Agreement
) -> None:
    reminding.remind(now=before(agreement, 31))
    assert told(made, "mesa_administrator") == [] and told(made, "mesa_counsel") == [60, 90]
    reminding.remind(now=before(agreement, 30))
    assert told(made, "mesa_administrator") == told(made, "mesa_signatory") == [30]
    for days in (1, 7, 15, 22):
        reminding.remind(now=before(agreement, -days))
    assert [rung for rung in told(made, "mesa_administrator") if rung < 0] == [-21, -14, -7]


def test_a_party_has_wishes_of_its_own_for_one_agreement(made: World, agreement: Agreement) -> None:
    edit_agency(
        again_agency(made), reminders={"days_before": [90]}, actor=made.riverton_administrator, now=NOW
    )
    edit_agency(made.mesa, reminders={"approval_lead_days": 100}, actor=made.mesa_administrator, now=NOW)
    other = builders.executed(
        made, title="Another", terms={"months": 12, "renewal": "none", "review_months": None}
    )
    row = wishing.wish(agreement, days=[45, 200, 45], weekly=False, actor=made.riverton_counsel, now=NOW)
    assert row.days == [200, 45]
    for days in (220, 130, 90, 45, 0, -15):
        reminding.remind(now=before(agreement, days))
    rungs = {
        key: sorted(set(Reminder.objects.filter(agreement=one, agency=agency, deadline="last_day").values_list("rung", flat=True)))
        for key, one, agency in (("own", agreement, made.riverton), ("other", other, made.riverton), ("theirs", agreement, made.mesa))
    }  # fmt: skip
    assert rungs["own"] == [45, 200], "the slowest party needs 100 days: the first is earlier than 130 anyway"
    assert rungs["other"] == [-14, -7, 90, 130]
    assert {130, 180} & set(rungs["theirs"]) == {180}
    event = Event.objects.get(action="reminders.set")
    assert event.private_to == made.riverton.pk


def again_agency(made: World) -> Any:
    made.riverton.refresh_from_db()
    return made.riverton


@pytest.mark.parametrize(("days", "field"), [([-1], "days"), ([731], "days"), (list(range(41)), "days")])
def test_wishes_that_are_none_are_refused(
    made: World, agreement: Agreement, days: list[int], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        wishing.wish(agreement, days=days, weekly=True, actor=made.mesa_counsel, now=NOW)
    assert field in refused.value.message_dict
    with pytest.raises(PermissionDenied):
        wishing.wish(agreement, days=[9], weekly=True, actor=made.mesa_signatory, now=NOW)


def test_a_partner_with_nobody_here_is_told_at_the_address_it_gave(made: World) -> None:
    agreement = several.executed(made, "mesa", "quarry")
    gone(made, "quarry")
    for _ in range(2):
        reminding.remind(now=before(agreement, 90))
    rows = list(Reminder.objects.filter(deadline="last_day", person=None).order_by("-rung"))
    assert [(row.address, row.rung) for row in rows] == [("quarry@agency.example", n) for n in (180, 120, 90)]
    (mail,) = Job.objects.filter(
        key__startswith="mail:partner-reminder:", payload__subject__icontains=" ends in "
    )
    words = mail.payload["text"]
    assert mail.payload["to"] == "quarry@agency.example" and mail.owner is None
    assert "If nobody acts" in words and agreement.reference in words and "Quarry Police" in words
    assert "http" not in words and "closes" not in mail.payload


def gone(made: World, key: str) -> None:
    """Nobody of the agency has an account any more."""
    for role in several.SEATED:
        deactivate_user(made.people[f"{key}_{role}"], actor=SYSTEM, now=NOW + timedelta(days=1))


def test_an_agency_gets_copies_where_it_asked_for_them(made: World, agreement: Agreement) -> None:
    wanted = {"copy_to": ["records@mesa.example"]}
    edit_agency(made.mesa, reminders=wanted, actor=made.mesa_administrator, now=NOW)
    reminding.remind(now=before(agreement, 180))
    assert [row.address for row in Reminder.objects.filter(person=None, deadline="last_day")] == [
        "records@mesa.example"
    ]


def test_a_date_that_moves_makes_new_reminders_and_takes_back_what_was_not_told(
    made: World,
) -> None:
    terms = {"months": 12, "renewal": "none", "review_months": 6}
    agreement = builders.executed(made, terms=terms)
    review = agreement.review_due_on
    assert review is not None
    paced(made, "mesa_liaison", Pace.WEEKLY)
    when = NOW + (review - NOW.date()) - timedelta(days=60)
    reminding.remind(now=when)
    waiting = Reminder.objects.filter(person=made.mesa_liaison, deadline="review", told_at=None)
    assert waiting.count() == 4 and told_of(made.riverton_liaison, review) == {60, 90, 120, 180}
    reviewing.decide(agreement, outcome="continue", reason="It works.", actor=made.mesa_counsel, now=when)
    moved = again(agreement).review_due_on
    assert moved is not None and moved > review
    for days in (*range(8), 90, 97, 130, 137):
        reminding.remind(now=when + timedelta(days=days))
    assert told_of(made.mesa_liaison, review) == set()
    assert told_of(made.riverton_liaison, review) == {60, 90, 120, 180}
    assert {120, 90, 60} <= told_of(made.mesa_liaison, moved)


def told_of(person: Any, on: date) -> set[int]:
    return set(
        Reminder.objects.filter(person=person, deadline_on=on, deadline="review").values_list(
            "rung", flat=True
        )
    )


def test_who_has_left_and_what_has_ended_is_never_told_even_if_it_waited(made: World) -> None:
    agreement = several.executed(made, "mesa", "quarry", months=12, renewal="none")
    paced(made, "quarry_liaison", Pace.WEEKLY)
    paced(made, "mesa_liaison", Pace.WEEKLY)
    when = before(agreement, 120)
    reminding.remind(now=when)
    leaving.withdraw(again(agreement), reason="Budget.", actor=made.quarry_counsel, now=when)
    row = agreement.parties.get(agency=made.agencies["quarry"])
    assert row.left_on is not None
    for days in (0, 7, 30, 60, 90, 110):
        reminding.remind(now=when + timedelta(days=days))
    late = Reminder.objects.filter(agency=made.agencies["quarry"], due_on__gt=row.left_on)
    assert not late.exists()
    assert Reminder.objects.filter(agency=made.mesa, due_on__gt=row.left_on).exists()
    paced(made, "mesa_counsel", Pace.WEEKLY)
    reminding.remind(now=before(agreement, 7))
    ending.terminate(
        again(agreement), ground="mutual", reason="x", actor=made.mesa_counsel, now=before(agreement, 7)
    )
    count = len(mails(made, "mesa_counsel"))
    for days in (6, 0, -7, -34):
        reminding.remind(now=before(agreement, days))
    assert len(mails(made, "mesa_counsel")) == count
    assert not Reminder.objects.filter(told_at=None, agreement=agreement).exists()


def found(now: datetime) -> list[Any]:
    """The agreements a look reads."""
    return [key for look in reminding.looked_at(lately.since(now), now)[0] for key in look.ids]


def test_a_look_reads_only_what_can_be_due(made: World, agreement: Agreement) -> None:
    when = before(agreement, 155)
    reminding.remind(now=when)
    # The entries of its making are among those that are read again: as if a thousand others had come since.
    ReminderSweep.objects.update(event=Event.objects.latest("pk").pk + lately.LOOKED_BACK)
    assert found(when + timedelta(days=1)) == []
    assert found(before(agreement, 119)) == [agreement.pk]
    assert found(before(agreement, -14)) == [agreement.pk]


def test_pages_and_programs_set_wishes_and_pace(made: World, agreement: Agreement, today: None) -> None:
    client = browser(made.mesa_liaison)
    page = client.get(url(agreement, "reminders/"))
    assert "180, 120, 90" in text(page) and "Only Mesa County District Attorney sees this" in text(page)
    wrong = client.post(url(agreement, "reminders/"), {"days": "soon", "weekly": "on"})
    assert wrong.status_code == 400 and "soon" in wrong.content.decode()
    assert client.post(url(agreement, "reminders/"), {"days": "30, 60"}).status_code == 302
    own = wishing.of(agreement, made.mesa.pk)
    assert own is not None and (own.days, own.weekly) == ([60, 30], False)
    assert "/reminders/" in client.get(url(agreement, "dates/")).content.decode()
    program = Program(made.mesa_counsel)
    path = f"agreements/{agreement.pk}/reminders/"
    assert program.get(path).json()["days"] == [60, 30]
    assert program.call("post", path, {"days": [10], "weekly": True}).json()["days"] == [10]
    assert program.call("post", path, {"days": [9000]}).status_code == 400
    assert Program(made.riverton_liaison).get(path).json()["set_at"] is None
    assert program.call("put", "me/reminders/", {"pace": "weekly"}).json() == {"pace": "weekly"}
    assert program.call("put", "me/reminders/", {"pace": "never"}).status_code == 400
    assert program.get("me/reminders/").json() == {"pace": "weekly"}
    saved = client.post("/account/reminders/", {"pace": "daily"})
    made.mesa_liaison.refresh_from_db()
    assert saved.status_code == 302 and made.mesa_liaison.reminder_pace == "daily"
    assert client.post("/account/reminders/", {"pace": "never"}).status_code == 422
    with pytest.raises(PermissionDenied):
        choose_pace(made.mesa_counsel, pace="daily", actor=made.mesa_administrator, now=NOW)
    assert "seven in the morning" in text(client.get("/account/"))
