"""Events are exact, numbered without gaps and hashed as RFC 6962 says."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from audit import log
from audit.canonical import canonical
from audit.exports import as_csv, as_json_lines, cell
from audit.models import Entry, Event
from audit.record import SYSTEM, context, record
from audit.sentences import body, sentence
from tests.builders import NOW

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_canonical_bytes_are_one_line_and_read_back_as_they_were(value: object) -> None:
    found = canonical(value)
    assert json.loads(found) == value
    assert b"\n" not in found
    assert canonical(json.loads(found)) == found


@pytest.mark.parametrize("value", [1.5, {"a": [float("nan")]}, "\ud800", {1: "x"}, object()])
def test_what_has_no_exact_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        canonical(value)


@pytest.mark.django_db
def test_an_event_keeps_its_bytes_its_salt_and_its_leaf_hash() -> None:
    stream = uuid4()
    with context(request_id="r1", ip="192.0.2.7"):
        first = record("thing.done", stream=stream, actor=SYSTEM, now=NOW, facts={"text": "a\nb"})
    second = record("thing.done", stream=stream, actor=SYSTEM, now=NOW, facts={"text": "a\nb"})
    stored = Event.objects.get(pk=first.pk)
    assert bytes(stored.leaf) == hashlib.sha256(b"\x00" + bytes(stored.body)).digest()
    assert body(stored)["request"] == {"request_id": "r1", "ip": "192.0.2.7"}
    assert (first.number, second.number) == (1, 2)
    assert body(first)["salt"] != body(second)["salt"]
    assert sentence(stored) == "Concordat: thing done."


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_under_rollbacks_and_threads() -> None:
    stream = uuid4()

    def write(place: int) -> None:
        try:
            with transaction.atomic():
                record("thing.done", stream=stream, actor=SYSTEM, now=NOW, facts={"place": place})
                if place % 3 == 0:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(40)))
    assert log.enter() == 26
    rows = list(Entry.objects.order_by("seq").values_list("seq", "event__number"))
    assert rows == [(place, place) for place in range(1, 27)]


@pytest.mark.parametrize(
    "typed",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "  =1",
        "\n@x",
        "=cmd|'/C calc'!A0",
        "\uff1d1",
        "\u2028=1",
        "\xa0=1",
    ],
)
def test_no_cell_is_a_formula(typed: str) -> None:
    assert cell(typed).startswith("'")


def test_control_and_direction_characters_are_shown_not_obeyed() -> None:
    assert cell("a\u202egnp.exe\x1b[31m\u200b") == "a�gnp.exe�[31m�"


@given(st.text())
def test_a_cell_is_one_harmless_line_a_spreadsheet_can_hold(typed: str) -> None:
    shown = cell(typed)
    assert not shown.strip().startswith(("=", "+", "-", "@"))
    assert len(shown.splitlines()) <= 1
    assert all(
        char.isprintable() or char.isspace() or unicodedata.category(char) in {"Cn", "Co"} for char in shown
    )
    shown.encode()


def test_a_cell_too_long_for_a_spreadsheet_says_that_it_is_cut() -> None:
    assert cell("x" * 32_000) == "x" * 32_000
    assert len(cell("=" * 500_000)) < 32_767
    assert cell("x" * 40_000).endswith("(cut; whole in the JSON Lines export)")


@pytest.mark.django_db
def test_exports_hold_every_event_on_a_line_of_its_own() -> None:
    stream = uuid4()
    for text in ("=1+1", "two\nlines", "plain"):
        record("thing.done", stream=stream, actor=SYSTEM, now=NOW, facts={"text": text})
    events = Event.objects.filter(stream=stream).order_by("number")
    assert len(list(as_csv(events))) == 4
    lines = [json.loads(line) for line in as_json_lines(events)]
    for line in lines:
        assert hashlib.sha256(b"\x00" + line["body"].encode()).hexdigest() == line["leaf"]
