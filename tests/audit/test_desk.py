"""The audit desk: what is found, how far it is searched, what is kept, and that nothing of others is hinted at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agreements.models import Agreement
from audit import heads, reading, searching
from audit.models import Event, SavedSearch
from audit.record import SYSTEM, record
from audit.searching import Mark, Search
from tests import builders
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db

CANARY = "kestrel-7731"


@pytest.fixture
def agreement(made: World) -> Agreement:
    """Shared, with an entry everybody reads and one that is Mesa's own."""
    found = builders.shared(made, short=True)
    noted(found, "Open remark")
    noted(found, CANARY, private_to=made.mesa.pk)
    return found


def noted(agreement: Agreement, text: str, **facts: Any) -> Event:
    return record(
        "thing.noted",
        stream=agreement.pk,
        actor=SYSTEM,
        now=facts.pop("now", NOW),
        facts={"text": text},
        **facts,
    )


def as_(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def found(person: Any, **asked: str) -> list[Event]:
    """Every event of a search, page by page."""
    client, events, query = as_(person), [], asked
    while True:
        answer = client.get("/audit/", query)
        assert answer.status_code == 200
        assert not answer.context["form"].errors, answer.context["form"].errors
        page = answer.context["found"]
        events += page.rows
        if page.next is None:
            return events
        query = asked | {"before": str(page.next)}


def texts(events: list[Event]) -> list[str]:
    return [bytes(event.body).decode() for event in events]


def test_the_desk_shows_what_one_covers_and_nothing_of_others(agreement: Agreement, made: World) -> None:
    assert [event.action for event in found(made.riverton_auditor, words="noted")] == ["thing.noted"]
    assert len(found(made.mesa_auditor, words="noted")) == 2
    assert found(made.outsider, words="noted") == []
    for person in (made.riverton_auditor, made.overseer, made.outsider, made.nobody):
        page = as_(person).get("/audit/", {"words": CANARY}).content.decode()
        assert page.count(CANARY) == page.count(f'value="{CANARY}"') + page.count(f"words={CANARY}")


@pytest.mark.parametrize("way", ["few", "many"])
def test_both_ways_find_the_same(
    way: str, agreement: Agreement, made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "many":
        monkeypatch.setattr(searching, "FEW_EVENTS", 0)
        monkeypatch.setattr(searching, "WINDOW", 7)
        monkeypatch.setattr(searching, "WINDOW_OF_WORDS", 7)
    for person in (
        made.riverton_auditor,
        made.mesa_auditor,
        made.overseer,
        made.outsider,
        made.riverton_administrator,
    ):
        expected = list(reading.visible(person, today=NOW.date()).order_by("-at", "-id"))
        assert found(person) == expected
        remarks = [event for event in expected if "remark" in bytes(event.body).decode()]
        assert found(person, words="REMARK") == remarks
        mine = [event for event in expected if event.actor == made.riverton_liaison.pk]
        assert found(person, who="riverton.liaison@agency.example") == mine
        assert found(person, agency="Riverton Police Department") == [
            e for e in expected if e.agency == made.riverton.pk
        ]


def test_a_page_that_reaches_its_bound_says_how_far_it_went(
    agreement: Agreement, made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FEW_EVENTS", 0)
    monkeypatch.setattr(searching, "WINDOW_OF_WORDS", 5)
    for minute in range(20):
        noted(agreement, "filler", now=NOW + timedelta(minutes=minute + 1))
    answer = as_(made.riverton_auditor).get("/audit/", {"words": "Open"})
    assert answer.context["found"].rows == []
    assert answer.context["found"].searched_to == NOW + timedelta(minutes=16)
    page = answer.content.decode()
    assert "Searched back to" in page and "Look further back" in page
    assert [text for text in texts(found(made.riverton_auditor, words="Open")) if "Open remark" in text]


def test_pages_neither_repeat_nor_miss_events_of_one_instant(made: World) -> None:
    agreement = builders.drafted(made, short=True)
    for number in range(120):
        noted(agreement, f"counted {number}")
    numbers = [event.number for event in found(made.riverton_auditor, words="counted")]
    assert numbers == sorted(numbers, reverse=True) and len(set(numbers)) == 120


@pytest.mark.parametrize(
    ("asked", "action"),
    [
        ({"action": "agreement.shared"}, "agreement.shared"),
        ({"action": "agreement."}, "agreement.shared"),
        ({"words": "parties turn"}, "agreement.shared"),
        ({"words": "mesa", "action": "agreement.shared"}, "agreement.shared"),
        ({"since": "2026-03-02T08:00", "until": "2026-03-02T08:00", "words": "open"}, "thing.noted"),
        ({"since": "2026-03-02", "until": "2026-03-02", "words": "open"}, "thing.noted"),
        ({"agreement": "case records", "words": "open"}, "thing.noted"),
        ({"show": "private"}, "party.edited"),
    ],
)
def test_it_is_found_by(
    asked: dict[str, str], action: str, agreement: Agreement, made: World, settings: Any
) -> None:
    settings.TIME_ZONE = "America/Denver"
    assert action in {event.action for event in found(made.riverton_auditor, **asked)}


def test_a_reference_finds_only_an_agreement_one_sees(agreement: Agreement, made: World) -> None:
    events = found(made.riverton_auditor, agreement=agreement.reference.lower())
    assert {event.stream for event in events} == {agreement.pk}
    for absent in (agreement.reference, agreement.title, "XYZ-2026-9999"):
        answer = as_(made.outsider).get("/audit/", {"agreement": absent})
        assert answer.context["form"].errors == {
            "agreement": ["No agreement you may see has this reference or these words in its title."]
        }


def test_accented_words_are_found_however_they_are_written(made: World) -> None:
    agreement = builders.drafted(made, short=True)
    noted(agreement, "Éric à Besançon")
    for word in ("éric", "Éric", "besançon", "BESANÇON"):
        assert len(found(made.riverton_auditor, words=word)) == 1, word


@pytest.mark.parametrize("word", ["salt", "stream_prev", "%", "\\", "'", '"', "(.*)"])
def test_what_only_the_bytes_say_is_not_found(word: str, made: World) -> None:
    agreement = builders.drafted(made, short=True)
    noted(agreement, "zzplainzz")
    assert all("zzplainzz" not in text for text in texts(found(made.riverton_auditor, words=word)))


def test_what_is_private_to_others_is_neither_found_nor_counted(
    agreement: Agreement, made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same page, to the byte, whether or not others have private entries: even its reach."""
    monkeypatch.setattr(searching, "FEW_EVENTS", 0)
    monkeypatch.setattr(searching, "WINDOW", 10)
    asked: tuple[dict[str, str], ...] = (
        {},
        {"words": CANARY},
        {"agency": "Mesa County District Attorney"},
        {"who": "mesa.liaison@agency.example"},
    )
    before = [seen(made.riverton_auditor, query) for query in asked]
    for _ in range(30):
        record("comment.made_privately", stream=agreement.pk, actor=made.mesa_liaison, now=NOW, agency=made.mesa.pk,
               private_to=made.mesa.pk, facts={"text": CANARY})  # fmt: skip
    assert [seen(made.riverton_auditor, query) for query in asked] == before


def seen(person: Any, query: dict[str, str]) -> Any:
    page = as_(person).get("/audit/", query).context["found"]
    return [event.pk for event in page.rows], page.searched_to, page.next


@pytest.mark.parametrize(
    "asked",
    [
        {"before": "9" * 40}, {"before": "-1"}, {"before": "x"}, {"since": "2026-13-45"}, {"until": "0001-01-01"},
        {"since": "9999-12-31"}, {"since": "2026-02-01", "until": "2026-01-01"}, {"who": "a\x00b"}, {"who": "%_\\'"},
        {"action": "x" * 5000}, {"agency": "nonsense"}, {"agency": str(uuid4())}, {"who": "\ufffd"}, {"words": "x " * 40},
        {"words": "a\x00"}, {"agreement": '"' * 50}, {"agreement": "-" * 60}, {"show": "others"}, {"before": "20260302T000000.000000-²"},
        {"before": "20260302T000000.000000-" + "9" * 18}, {"until": "2026-02-31T10:00"}, {"agreement": "\x00"},
    ],
)  # fmt: skip
def test_no_search_breaks_the_desk_and_nothing_typed_is_lost(asked: dict[str, str], made: World) -> None:
    answer = as_(made.riverton_auditor).get("/audit/", asked)
    assert answer.status_code == 200
    form = answer.context["form"]
    for name, typed in asked.items():
        if name in form.errors:
            assert form[name].value() == typed
            assert answer.context["found"].rows == []


def test_how_many_questions_are_asked_does_not_grow(made: World) -> None:
    agreement = builders.shared(made, short=True)
    builders.drafted(made, short=True)
    client = as_(made.riverton_auditor)

    def asked() -> int:
        cache.set(heads.REFUSED, "", 600)  # looked up every few seconds, by whoever comes first
        with CaptureQueriesContext(connection) as captured:
            client.get("/audit/")
        return len(captured)

    asked()
    before = asked()
    for number in range(40):
        noted(agreement, f"more {number}")
        builders.drafted(made, short=True)
    assert asked() <= before


def test_a_mark_is_read_back_and_nothing_else_is() -> None:
    mark = Mark(NOW, 17)
    assert Mark.read(str(mark)) == mark
    assert [Mark.read(text) for text in ("", "-", "x-1", f"{mark}9" * 9, "20261399T000000.0-1")] == [None] * 5


def test_a_search_is_kept_opened_and_deleted_by_its_person_alone(agreement: Agreement, made: World) -> None:
    client = as_(made.riverton_auditor)
    kept = client.post("/audit/searches/", {"name": "Remarks", "query": "words=remark&evil=1&who="})
    assert kept["Location"] == "/audit/?words=remark"
    assert "?words=remark" in client.get("/audit/").content.decode()
    row = SavedSearch.objects.get()
    other = as_(made.mesa_auditor)
    assert "Remarks" not in other.get("/audit/").content.decode()
    assert other.post(f"/audit/searches/{row.pk}/delete/").status_code == 404
    assert client.get(f"/audit/searches/{row.pk}/delete/").status_code == 405
    assert client.post(f"/audit/searches/{row.pk}/delete/").status_code == 302
    assert not SavedSearch.objects.exists()


def test_keeping_needs_the_token_of_the_form(made: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(made.riverton_auditor)
    assert client.post("/audit/searches/", {"name": "x", "query": "words=a"}).status_code == 403


@pytest.mark.parametrize(
    ("name", "query"), [("", "words=a"), ("x" * 81, "words=a"), ("x", ""), ("x", "nothing=1"), ("x", "words=" + "%F0%9F%98%80" * 400)]
)  # fmt: skip
def test_a_search_that_cannot_be_kept_says_why_and_loses_nothing(name: str, query: str, made: World) -> None:
    answer = as_(made.riverton_auditor).post("/audit/searches/", {"name": name, "query": query})
    assert answer.status_code == 400
    assert answer.context["keep"].errors and not SavedSearch.objects.exists()
    assert answer.context["keep"]["name"].value() == name


def test_two_searches_of_one_name_are_not_kept(made: World) -> None:
    client = as_(made.riverton_auditor)
    for expected, words in ((302, "a"), (400, "b")):
        assert (
            client.post("/audit/searches/", {"name": "One", "query": f"words={words}"}).status_code
            == expected
        )
    assert SavedSearch.objects.get().query == "words=a"


def test_hidden_entries_cannot_be_guessed(agreement: Agreement) -> None:
    """Two entries of the same facts at the same instant have different hashes, for each has a salt of its own."""
    first, second = (noted(agreement, "the same", private_to=None) for _ in range(2))
    assert bytes(first.leaf) != bytes(second.leaf)
    salts = [text.partition('"salt":"')[2][:32] for text in texts(list(Event.objects.all()))]
    assert all(len(salt) == 32 and int(salt, 16) >= 0 for salt in salts)
    assert len(set(salts)) == len(salts)


def test_the_search_names_no_field_that_is_private(made: World) -> None:
    """A person of another agency is not confirmed to exist by typing their address."""
    for typed in ("harbor.administrator@agency.example", "no.such.person@agency.example"):
        answer = as_(made.riverton_auditor).get("/audit/", {"who": typed})
        assert answer.context["found"].rows == []
        assert answer.context["form"].search() == Search(named=typed)
