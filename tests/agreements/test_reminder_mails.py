"""Who is told of a deadline: who holds the roles, who asked for it, and partners without an account too."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from agencies.models import Membership, Pace
from agencies.operations.accounts import choose_pace, deactivate_user
from agencies.operations.agencies import edit_agency
from agencies.operations.roles import grant_membership, retire_membership
from agreements.models import Agreement, Reminder, ReminderSweep
from agreements.operations import ending, lately, leaving, reminding, reviewing, wishing
from audit.models import Event
from audit.record import SYSTEM
from common.models import Job
from tests import builders
from tests.agreements import several
from tests.agreements.pages import browser, text, url
from tests.agreements.reminded import before, mails, paced, told
from tests.api.calling import Program
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreement(made: World) -> Agreement:
    return builders.executed(made, short=True, terms={"months": 12, "renewal": "none", "review_months": None})


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
    agreement = builders.executed(made, short=True, terms=terms)
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
