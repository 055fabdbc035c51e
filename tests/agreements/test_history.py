"""The history of one agreement as people read it, and the agreement as it was."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from agreements.history import events
from agreements.models import Agreement
from agreements.operations import drafting, ending, negotiating
from tests import builders
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db

SECRET = "Words that were taken back before anybody saw them."


@pytest.fixture
def agreement(made: World) -> Agreement:
    """Handed over twice; between, Mesa wrote words that it took back and words that it kept."""
    found = builders.shared(made)
    row = found.provisions.order_by("position_in_order").first()
    assert row is not None
    kept = f"{row.text} The Recipient keeps a log."
    for text in (SECRET, kept):
        drafting.edit(row, values={"text": text}, actor=made.mesa_liaison, now=NOW + timedelta(hours=1))
        row.refresh_from_db()
    negotiating.return_text(found, actor=made.mesa_liaison, now=NOW + timedelta(days=1))
    return builders.again(found)


def page(person: Any, agreement: Agreement, path: str = "history/", **asked: Any) -> Any:
    client = Client()
    client.force_login(person)
    return client.get(f"/agreements/{agreement.pk}/{path}", asked)


def test_entries_stand_under_their_days_newest_first(agreement: Agreement, made: World) -> None:
    days = [day for day, _ in page(made.mesa_auditor, agreement).context["days"]]
    assert days == [date(2026, 3, 3), date(2026, 3, 2)]


def test_what_changed_is_said_in_words_and_a_long_text_as_a_redline(
    agreement: Agreement, made: World
) -> None:
    answer = page(made.mesa_auditor, agreement, what="provision")
    lines = [line for _, rows in answer.context["days"] for line in rows]
    pieces = lines[0]["changes"][0]["pieces"]
    assert {piece.kind for piece in pieces} == {"inserted", "deleted", "same"} or len(pieces) > 1
    text = answer.content.decode()
    assert "inserted: " in text and "legal_authority" not in text
    facts = page(made.riverton_auditor, agreement, what="party").content.decode()
    assert "Legal authority" in facts and "Contact email" in facts
    assert "legal_authority" not in facts.split("What changed")[1]
    assert "Mesa Signatory" in facts


def test_the_other_agency_reads_neither_the_words_taken_back_nor_that_there_were_any(
    agreement: Agreement, made: World
) -> None:
    assert SECRET.split()[0] in page(made.mesa_auditor, agreement, what="provision").content.decode()
    for person in (made.riverton_auditor, made.overseer):
        answer = page(person, agreement)
        assert "taken back" not in answer.content.decode()
        assert "Mesa Liaison" in answer.content.decode()


def test_it_is_narrowed_by_person_and_by_matter(agreement: Agreement, made: World) -> None:
    answer = page(made.riverton_auditor, agreement, who=str(made.mesa_liaison.pk), what="agreement")
    said = [line["sentence"] for _, rows in answer.context["days"] for line in rows]
    assert len(said) == 1 and " returned the text as version 2" in said[0]
    wrong = page(made.riverton_auditor, agreement, who="somebody")
    assert wrong.status_code == 200 and wrong.context["form"].errors


def test_the_text_is_shown_as_it_was_after_an_entry(agreement: Agreement, made: World) -> None:
    first, second = agreement.versions.order_by("number")
    for version, log in ((first, False), (second, True)):
        answer = page(made.riverton_auditor, agreement, "as-of/", entry=version.last_event.number)
        assert answer.context["then"].version == version
        assert ("keeps a log" in answer.content.decode()) is log
        by_number = page(made.riverton_auditor, agreement, "as-of/", version=version.number)
        assert by_number.context["then"].version == version


def test_the_text_is_shown_as_it_was_at_a_time(agreement: Agreement, made: World) -> None:
    seen = {}
    for at in ("2026-03-01", "2026-03-02", "2026-03-03T07:59", "2026-03-03T08:00", "2026-03-03"):
        then = page(made.riverton_auditor, agreement, "as-of/", at=at).context["then"]
        seen[at] = then.version.number if then else None
    assert list(seen.values()) == [None, 1, 1, 2, 2]


def test_before_it_was_shared_nobody_reads_the_draft_here(agreement: Agreement, made: World) -> None:
    drafted = agreement.last_event.__class__.objects.get(stream=agreement.pk, number=1)
    answer = page(made.riverton_auditor, agreement, "as-of/", entry=drafted.number)
    assert answer.status_code == 200 and answer.context["document"] is None
    assert answer.context["standing_then"].key == "draft"


def test_an_entry_that_is_private_to_others_is_not_there(agreement: Agreement, made: World) -> None:
    private = [
        event.number
        for event in type(agreement.last_event).objects.filter(stream=agreement.pk, private_to=made.mesa.pk)
    ]
    assert private
    for number in [*private, 9_999, 0]:
        assert page(made.riverton_auditor, agreement, "as-of/", entry=number).status_code == 404
    assert page(made.mesa_auditor, agreement, "as-of/", entry=private[0]).status_code == 200


def test_stage_and_dates_are_those_of_the_time(made: World) -> None:
    agreement = builders.executed(made)
    signed = agreement.last_event.number
    ending.terminate(
        agreement, ground="mutual", last_day=date(2026, 6, 30), reason="Done.", actor=made.riverton_counsel,
        now=NOW + timedelta(days=9),
    )  # fmt: skip
    then = page(made.mesa_auditor, agreement, "as-of/", entry=signed).context
    now = page(made.mesa_auditor, agreement, "as-of/", at="2026-03-20").context
    assert (then["standing_then"].key, now["standing_then"].key) == ("in_force", "in_notice")
    assert then["then"].agreement.ended_on is None and now["then"].agreement.ended_on == date(2026, 6, 30)
    assert page(made.riverton_auditor, agreement, "as-of/", entry=1).context["standing_then"].key == "draft"


@pytest.mark.parametrize(
    "asked", [{"at": ""}, {"at": "x"}, {"at": "9999-12-31"}, {"at": "0001-01-01"}, {"at": "\x00"}, {}]
)
def test_a_moment_that_is_none_is_said_at_its_field(
    asked: dict[str, str], agreement: Agreement, made: World
) -> None:
    answer = page(made.riverton_auditor, agreement, "as-of/", **asked)
    assert answer.status_code == 200 and answer.context["then"] is None
    assert bool(answer.context["form"].errors) is bool(asked)


@pytest.mark.parametrize(
    "asked", [{"entry": "x"}, {"entry": "9" * 30}, {"version": "0"}, {"version": "²"}, {"entry": ""}]
)
def test_what_is_no_entry_is_not_there(asked: dict[str, str], agreement: Agreement, made: World) -> None:
    assert page(made.riverton_auditor, agreement, "as-of/", **asked).status_code == 404


def test_what_was_saved_as_it_was_typed_reads_as_one_change_and_the_log_stays_exact(
    agreement: Agreement, made: World
) -> None:
    row = agreement.provisions.order_by("position_in_order")[1]
    before, start = row.text, NOW + timedelta(days=2)
    saves = [
        ("one", "First."),
        ("one", "First. Second."),
        ("one", "First. Second. Third."),
        ("two", "Other."),
    ]
    for place, (sitting, text) in enumerate(saves):
        drafting.edit(row, values={"text": text}, actor=made.riverton_liaison, now=start + timedelta(minutes=place),
                      sitting=sitting)  # fmt: skip
    drafting.edit(row, values={"heading": "Renamed"}, actor=made.riverton_liaison, now=start + timedelta(minutes=5),
                  sitting="two")  # fmt: skip
    drafting.edit(row, values={"text": "Late."}, actor=made.riverton_liaison, now=start + timedelta(minutes=16),
                  sitting="two")  # fmt: skip
    answer = page(made.riverton_auditor, agreement, what="provision")
    lines = [line for _, rows in answer.context["days"] for line in rows]
    assert [len(line["line"].entries) for line in lines[:3]] == [1, 2, 3]
    assert "heading, text" in lines[1]["sentence"]
    whole = lines[2]["changes"][0]["said"]
    assert (whole.old, whole.new) == (before, "First. Second. Third.")
    shown = page(made.riverton_auditor, agreement, each="1", before=lines[2]["line"].next)
    each = [line for _, rows in shown.context["days"] for line in rows]
    assert [line["changes"][0]["said"].new for line in each[:3]] == [text for _, text in saves[2::-1]]
    assert shown.context["shown"] == len(each)


def test_long_histories_go_on_page_by_page_without_losing_an_entry(agreement: Agreement, made: World) -> None:
    row, start = agreement.provisions.order_by("position_in_order")[1], NOW + timedelta(days=2)
    for place in range(130):
        drafting.edit(row, values={"text": f"Text {place}."}, actor=made.riverton_liaison,
                      now=start + timedelta(minutes=place), sitting=str(place // 2))  # fmt: skip
    seen: list[int] = []
    asked: dict[str, str] = {}
    while True:
        answer = page(made.riverton_auditor, agreement, **asked)
        seen += [
            event.number
            for _, rows in answer.context["days"]
            for line in rows
            for event in line["line"].entries
        ]
        if not answer.context["next_url"]:
            break
        asked = {"before": answer.context["next_url"].rpartition("before=")[2]}
    assert seen == [
        *events(agreement, made.riverton_auditor, today=NOW.date())
        .order_by("-number")
        .values_list("number", flat=True)
    ]
