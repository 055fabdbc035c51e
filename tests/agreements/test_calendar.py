"""The calendar feed: the days of one's board under a secret address, and not a word more."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from agencies.operations.accounts import deactivate_user
from agreements.models import CalendarFeed
from agreements.operations import feeding
from audit.models import Event
from audit.record import SYSTEM
from tests import builders
from tests.agreements.pages import text
from tests.api.calling import Program
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db


def fetched(client: Client, token: str) -> str:
    answer = client.get(f"/calendar/{token}.ics")
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/calendar")
    assert answer["Cache-Control"] == "private, no-store"
    return answer.content.decode()


def test_the_feed_tells_the_days_of_the_board_and_nothing_else(
    made: World, client: Client, today: None
) -> None:
    agreement = builders.executed(made, short=True, terms={"months": 6, "renewal": "none"})
    found = fetched(client, feeding.make(actor=made.mesa_counsel, now=NOW))
    lines = found.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]
    assert f"SUMMARY:{agreement.reference}: Notice due" in lines and agreement.notice_due_on is not None
    assert f"DTSTART;VALUE=DATE:{agreement.notice_due_on:%Y%m%d}" in lines
    assert all(len(line.encode()) <= 75 for line in lines)
    assert agreement.title not in found and "Riverton" not in found and "Mesa" not in found
    assert fetched(client, feeding.make(actor=made.outsider, now=NOW)).count("VEVENT") == 0


def test_an_address_works_until_it_is_replaced_or_revoked(made: World, client: Client, today: None) -> None:
    first = feeding.make(actor=made.mesa_counsel, now=NOW)
    second = feeding.make(actor=made.mesa_counsel, now=NOW + timedelta(minutes=1))
    assert client.get(f"/calendar/{first}.ics").status_code == 404
    fetched(client, second)
    assert feeding.revoke(actor=made.mesa_counsel, now=NOW) and not feeding.revoke(
        actor=made.mesa_counsel, now=NOW
    )
    for address in (second, "x", "A" * 43, "%00", "é"):
        assert client.get(f"/calendar/{address}.ics").status_code == 404
    third = feeding.make(actor=made.mesa_counsel, now=NOW)
    deactivate_user(made.mesa_counsel, actor=SYSTEM, now=NOW)
    assert client.get(f"/calendar/{third}.ics").status_code == 404


def test_only_the_hash_of_the_address_is_kept(made: World) -> None:
    token = feeding.make(actor=made.mesa_counsel, now=NOW)
    assert len(token) == 43
    row = CalendarFeed.objects.get()
    event = Event.objects.get(action="calendar.made")
    assert token not in repr(vars(row)) and token.encode() not in bytes(event.body)


def test_a_person_makes_and_revokes_the_address_on_its_page_and_by_a_program(
    made: World, client: Client, today: None
) -> None:
    client.force_login(made.mesa_counsel)
    assert "You have no address yet" in text(client.get("/calendar/"))
    shown = text(client.post("/calendar/make/"))
    assert f"{settings.SITE_URL}/calendar/" in shown and ".ics" in shown
    assert ".ics" not in text(client.get("/calendar/")), "it is shown once"
    client.post("/calendar/revoke/")
    assert feeding.of(made.mesa_counsel) is None
    program = Program(made.mesa_counsel)
    answer = program.call("post", "calendar/")
    assert answer.status_code == 201 and answer.json()["address"].endswith(".ics")
    assert program.get("calendar/").json()["address"] is None
    assert program.call("delete", "calendar/").status_code == 204
    assert program.get("calendar/").json()["made_at"] is None
