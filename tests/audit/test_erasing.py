"""A text is erased by two people for a stated reason, its hash stays, and nothing else of the history can be touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import Client

from agencies.models import User
from agreements.models import Agreement
from agreements.operations import erasing as operations
from agreements.operations import negotiating
from audit import erasing, exports, log, merkle
from audit.models import Entry, Erasure, Event
from audit.record import SYSTEM, record
from audit.sentences import body, changes, sentence
from tests import builders
from tests.audit.test_roles import as_application
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db

SECRET = "Jane Roe of 12 Elm Street"
WHY = {"reason": "A name that had to be sealed.", "order": "Superior Court 24-117"}


@pytest.fixture
def agreement(made: World) -> Agreement:
    found = builders.shared(made, short=True)
    negotiating.comment(found, text=f"Ask {SECRET}.", actor=made.riverton_liaison, now=NOW)
    log.enter()
    return found


@pytest.fixture
def event(agreement: Agreement) -> Event:
    return Event.objects.filter(stream=agreement.pk, action="comment.made").get()


def asked(event: Event, agreement: Agreement, made: World) -> Erasure:
    return operations.ask(event, agreement, **WHY, actor=made.riverton_administrator, now=NOW)


def erased(event: Event, agreement: Agreement, made: World) -> Event:
    row = asked(event, agreement, made)
    return operations.confirm(row, agreement, actor=made.riverton_counsel, now=NOW)


def test_the_text_goes_and_the_hash_stays(event: Event, agreement: Agreement, made: World) -> None:
    with as_application():
        said = erased(event, agreement, made)
    found = Event.objects.select_related("entry").get(pk=event.pk)
    assert (bytes(found.body), found.actor_label, bytes(found.leaf)) == (b"", "", bytes(event.leaf))
    assert bytes(found.entry.leaf) == merkle.leaf(bytes(event.body))
    facts = body(said)["facts"]
    assert (said.action, facts["number"], facts["seq"]) == ("history.redacted", event.number, found.entry.seq)
    assert facts["order"] == WHY["order"] and facts["leaf"] == bytes(event.leaf).hex()
    assert facts["asked_by"] == made.riverton_administrator.label
    assert facts["confirmed_by"] == made.riverton_counsel.label
    assert SECRET not in json.dumps([body(one) for one in Event.objects.filter(pk__gt=event.pk)])


def test_everything_that_reads_histories_says_so(event: Event, agreement: Agreement, made: World) -> None:
    erased(event, agreement, made)
    found = Event.objects.get(pk=event.pk)
    said = "Erased on 21 Nov 2026 by order Superior Court 24-117; its hash stands for it."
    assert sentence(found) == said.replace("21 Nov 2026", f"{NOW.day} {NOW:%b %Y}")
    assert changes(found) == []
    events = Event.objects.filter(stream=agreement.pk).select_related("entry").order_by("number")
    table, lines = ("".join(writer(events)) for writer in (exports.as_csv, exports.as_json_lines))
    assert SECRET not in table and SECRET not in lines
    assert bytes(event.leaf).hex() in table and bytes(event.leaf).hex() in lines
    client = Client()
    client.force_login(made.riverton_administrator)
    for address in (
        f"/agreements/{agreement.pk}/history/",
        "/audit/",
        f"/api/v1/agreements/{agreement.pk}/events/",
    ):
        answer = client.get(address)
        page = answer.content.decode()
        assert answer.status_code == 200 and SECRET not in page, address
        assert "its hash stands for it" in page, address


@pytest.mark.parametrize("who", ["riverton_counsel", "riverton_auditor", "mesa_administrator", "outsider"])
def test_only_an_administrator_of_the_agency_whose_entry_it_is_asks(
    who: str, event: Event, agreement: Agreement, made: World
) -> None:
    with pytest.raises(PermissionDenied):
        operations.ask(event, agreement, **WHY, actor=made.people[who], now=NOW)


@pytest.mark.parametrize(
    "who", ["riverton_liaison", "riverton_auditor", "mesa_counsel", "mesa_administrator"]
)
def test_only_counsel_or_administrators_of_that_agency_confirm(
    who: str, event: Event, agreement: Agreement, made: World
) -> None:
    row = asked(event, agreement, made)
    with pytest.raises(PermissionDenied):
        operations.confirm(row, agreement, actor=made.people[who], now=NOW)
    assert Event.objects.get(pk=event.pk).body


def test_nobody_confirms_what_they_asked_for(event: Event, agreement: Agreement, made: World) -> None:
    row = asked(event, agreement, made)
    with pytest.raises(ValidationError, match="You asked for this yourself"):
        operations.confirm(row, agreement, actor=made.riverton_administrator, now=NOW)
    assert Event.objects.get(pk=event.pk).body


def test_what_was_declined_stays_and_may_be_asked_for_again(
    event: Event, agreement: Agreement, made: World
) -> None:
    row = asked(event, agreement, made)
    with pytest.raises(ValidationError, match="waits for a second person"):
        asked(event, agreement, made)
    operations.decline(row, agreement, actor=made.riverton_counsel, now=NOW)
    with pytest.raises(ValidationError, match="decided already"):
        operations.confirm(row, agreement, actor=made.riverton_counsel, now=NOW)
    assert Event.objects.get(pk=event.pk).body
    erased(event, agreement, made)
    with pytest.raises(ValidationError, match="erased already"):
        asked(event, agreement, made)


@pytest.mark.parametrize("wrong", ["", "  ", "two\nlines", "\u202e", "x" * 501])
def test_a_reason_is_a_line_of_words(wrong: str, event: Event, agreement: Agreement, made: World) -> None:
    said = {**WHY, "reason": wrong}
    with pytest.raises(ValidationError):
        operations.ask(event, agreement, **said, actor=made.riverton_administrator, now=NOW)


def test_that_something_was_erased_is_never_erased(event: Event, agreement: Agreement, made: World) -> None:
    said = erased(event, agreement, made)
    with pytest.raises(ValidationError, match="never erased"):
        asked(said, agreement, made)
    refused(lambda: _redact(said, naming=said.number))


def _redact(event: Event, **facts: Any) -> None:
    """As somebody would who speaks to the database himself."""
    number = facts.pop("naming", event.number)
    stream = facts.pop("stream", event.stream)
    record(
        facts.pop("action", "history.redacted"),
        stream=stream,
        actor=SYSTEM,
        now=NOW,
        facts={"number": number},
    )
    for action in facts.pop("after", ()):
        record(action, stream=event.stream, actor=SYSTEM, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(facts.pop("sql", "SELECT audit_redact(%(id)s)"), {"id": event.pk})


def refused(act: Callable[[], Any]) -> None:
    with pytest.raises(DatabaseError, match="audit"), transaction.atomic():
        act()


CHEATS: dict[str, dict[str, Any]] = {
    "naming another entry": {"naming": 1},
    "saying something else": {"action": "history.exported"},
    "saying it elsewhere": {"stream": "00000000-0000-0000-0000-000000000001"},
    "adding something after": {"after": ["thing.done"]},
    "an update of one's own": {"sql": "UPDATE audit_event SET body = 'x' WHERE id = %(id)s"},
    "another text in its place": {"sql": "UPDATE audit_event SET body = '{}', actor_label = '' WHERE id = %(id)s"},
    "keeping the name": {"sql": "UPDATE audit_event SET body = '' WHERE id = %(id)s"},
    "taking the hash too": {"sql": "UPDATE audit_event SET body = '', actor_label = '', leaf = '' WHERE id = %(id)s"},
    "moving it": {"sql": "UPDATE audit_event SET body = '', actor_label = '', number = 77 WHERE id = %(id)s"},
    "another entry as well": {"sql": "SELECT audit_redact(id) FROM audit_event WHERE stream = "
                                     "(SELECT stream FROM audit_event WHERE id = %(id)s)"},
    "an entry that is not there": {"sql": "SELECT audit_redact(%(id)s + 1000000)"},
}  # fmt: skip


@pytest.mark.parametrize("name", CHEATS)
def test_postgresql_refuses_to_erase_by(name: str, event: Event) -> None:
    refused(lambda: _redact(event, **CHEATS[name]))
    assert bytes(Event.objects.get(pk=event.pk).body) == bytes(event.body)


def test_an_announced_erasure_is_the_only_update_that_passes(event: Event) -> None:
    with transaction.atomic():
        _redact(event, sql="UPDATE audit_event SET body = '', actor_label = '' WHERE id = %(id)s")
    assert not Event.objects.get(pk=event.pk).body


@pytest.mark.django_db(transaction=True)
def test_an_announcement_of_an_earlier_transaction_erases_nothing() -> None:
    made = builders.world()
    event = Event.objects.filter(stream=builders.drafted(made, short=True).pk).earliest("number")
    with transaction.atomic():
        record("history.redacted", stream=event.stream, actor=SYSTEM, now=NOW, facts={"number": event.number})
    with pytest.raises(DatabaseError, match="audit"), connection.cursor() as cursor:
        cursor.execute("SELECT audit_redact(%s)", [event.pk])


def test_an_event_of_an_agency_is_erased_in_the_same_way(made: World) -> None:
    event = Event.objects.filter(stream=made.riverton.pk).earliest("number")
    row = erasing.ask(event, **WHY, agency=made.riverton.pk, actor=made.riverton_administrator, now=NOW)
    erasing.confirm(row, actor=made.riverton_counsel, now=NOW)
    assert sentence(Event.objects.get(pk=event.pk)).startswith("Erased on")


def test_two_people_erase_on_pages(event: Event, agreement: Agreement, made: World) -> None:
    address = f"/agreements/{agreement.pk}/history/{event.number}/erase/"

    def page(person: User, **fields: str) -> tuple[int, str]:
        client = Client()
        client.force_login(person)
        answer = client.post(address, fields, follow=True) if fields else client.get(address)
        return answer.status_code, answer.content.decode()

    client = Client()
    client.force_login(made.riverton_administrator)
    assert address in client.get(f"/agreements/{agreement.pk}/history/").content.decode()
    assert page(made.riverton_administrator, order="", reason="x")[0] == 400
    assert "second person" in page(made.riverton_administrator, **WHY)[1]
    status, text = page(made.riverton_administrator, decision="confirm")
    assert status == 400 and "You asked for this yourself" in text
    assert WHY["order"] in page(made.riverton_counsel)[1]
    assert "its hash stands for it" in page(made.riverton_counsel, decision="confirm")[1]
    assert SECRET not in page(made.riverton_administrator)[1]
    assert Entry.objects.filter(event=event).exists()


def test_two_people_erase_by_program(event: Event, agreement: Agreement, made: World) -> None:
    address = f"/api/v1/agreements/{agreement.pk}/events/{event.number}/erasure/"

    def call(person: User, to: str, said: dict[str, str] | None = None) -> Any:
        client = Client()
        client.force_login(person)
        return client.post(to, said, content_type="application/json") if said else client.get(to)

    assert call(made.riverton_counsel, address).status_code == 404
    assert call(made.riverton_counsel, address, WHY).status_code == 403
    assert call(made.mesa_administrator, address).status_code == 403
    assert call(made.outsider, address).status_code == 404
    assert call(made.riverton_administrator, address, WHY).status_code == 201
    assert call(made.riverton_administrator, address, WHY).status_code == 400
    assert call(made.riverton_administrator, f"{address}decide/", {"outcome": "erased"}).status_code == 400
    assert (
        call(made.riverton_counsel, f"{address}decide/", {"outcome": "erased"}).json()["outcome"] == "erased"
    )
    assert call(made.riverton_administrator, address).json()["decided_label"] == made.riverton_counsel.label
    assert not Event.objects.get(pk=event.pk).body
