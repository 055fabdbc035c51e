"""Exports: the same bytes however they are taken, a receipt that proves them, flat memory, harmless whatever was typed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tracemalloc
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreements.models import Agreement
from audit import exports, log, merkle, receipts, streaming, taking
from audit.canonical import canonical
from audit.exports import APART, CUT, LONGEST, cell, csv_ends, csv_row, json_end, json_lines
from audit.models import Event
from audit.record import SYSTEM, record
from audit.sentences import actor_name, body, say, told
from tests import builders
from tests.builders import NOW, World

HOSTILE = st.text(
    st.sampled_from('=+-@\uff1d\uff0b\t\r\n\x00\x04\x1f\x7f\u202e\u2066\u2028\ufeff"\\\',;{}[]() aé漢😀') | st.characters(exclude_categories=["Cs"]),
    max_size=60,
)  # fmt: skip
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | HOSTILE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["facts", "changes", "private_to", "x"]) | HOSTILE, inner, max_size=3), max_leaves=6,
)  # fmt: skip
CHANGES = st.lists(
    st.fixed_dictionaries({"object": HOSTILE, "label": HOSTILE, "fields": st.dictionaries(HOSTILE, st.tuples(PLAIN, PLAIN), max_size=3)}),
    max_size=3,
)  # fmt: skip


def said(label: str, facts: dict[str, Any], changed: Any, action: str) -> str:
    """Bytes as `record` makes them."""
    return canonical(
        {"v": 1, "action": action, "stream": "s", "at": "2026", "actor": {"id": None, "label": label, "agency": None},
         "private_to": None, "request": {}, "facts": facts, "changes": changed, "salt": "5a"}
    ).decode()  # fmt: skip


@settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine is no fault of the code
@given(HOSTILE, st.dictionaries(st.sampled_from(["label", "fields", "text", "x"]) | HOSTILE, PLAIN, max_size=4), CHANGES,
       st.sampled_from(["provision.edited", "comment.made", "thing.noted"]))  # fmt: skip
def test_the_fast_way_writes_what_the_plain_way_would(
    label: str, facts: dict[str, Any], changed: Any, action: str
) -> None:
    text = said(label, facts, changed, action)
    head, tail = csv_ends(7, "2026-11-21 09:00:00", 9, "ab" * 32)
    row = (head, APART.join([label, "", action]), text, tail)
    [(number, at, who, _, did, what, what_changed, place, leaf)] = csv.reader(
        io.StringIO(csv_row(row), newline="")
    )
    whole = json.loads(text)
    assert (number, at, who, did) == ("7", "2026-11-21 09:00:00", cell(label), action)
    assert (place, leaf) == ("9", "ab" * 32)
    assert what == cell(say(action, actor_name(label), whole["facts"]))
    assert what_changed == cell(json.dumps(whole["changes"], separators=(",", ":"), ensure_ascii=False))
    for value in (who, what, what_changed):
        assert not value.lstrip().startswith(exports.DANGEROUS)
        assert not {unicodedata.category(char) for char in value} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    line = json.loads(json_lines([(text, json_end(7, 9, "ab" * 32))]))
    assert line == {"body": text, "leaf": "ab" * 32, "number": 7, "seq": 9}


def test_a_very_long_text_is_cut_and_a_spoiled_entry_is_named() -> None:
    head, tail = csv_ends(1, "2026", None, "00")
    long = csv_row(
        (
            head,
            APART.join(["A", "", "comment.made"]),
            said("A", {"text": "x" * 40_000}, [], "comment.made"),
            tail,
        )
    )
    assert CUT in long and len(long) < LONGEST + 300
    for spoiled in ("{", "[]", '{"facts":3}', '],"facts":{', "\x00"):
        assert exports.UNREADABLE in csv_row((head, APART.join(["A", "", "x.y"]), spoiled, tail))
    assert exports.ERASED in csv_row((head, APART.join(["A", "", "x.y"]), "", tail))
    assert json.loads(json_lines([("", json_end(1, 3, "00"))]))["body"] is None


def test_the_changes_of_an_export_are_those_of_the_desk() -> None:
    changed = [{"object": "a:1", "label": "A", "fields": {"x": [1, 2], "y": [None, "z"]}}]
    assert [row["field"] for row in told(changed)] == ["x", "y"]


@pytest.fixture
def agreement(made: World) -> Agreement:
    found = builders.shared(made, short=True)
    for number in range(450):
        record("thing.noted", stream=found.pk, actor=SYSTEM, now=NOW, facts={"n": number},
               private_to=made.mesa.pk if number % 10 == 3 else None)  # fmt: skip
    return found


def as_(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def got(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200, answer
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def begun(client: Client, **asked: Any) -> str:
    answer = client.post("/audit/exports/", asked)
    assert answer.status_code == 302, answer
    return str(answer["Location"])


@pytest.mark.django_db
@pytest.mark.parametrize("format", ["csv", "jsonl"])
@pytest.mark.parametrize("scope", ["agreement", "agency"])
def test_taken_up_again_at_any_line_it_is_the_same_file(
    scope: str, format: str, agreement: Agreement, made: World
) -> None:
    client = as_(made.riverton_auditor)
    whose = agreement.pk if scope == "agreement" else made.riverton.pk
    page = begun(client, format=format, **{scope: whose})
    whole = got(client, f"{page}file/")
    record("thing.noted", stream=agreement.pk, actor=SYSTEM, now=NOW)
    assert got(client, f"{page}file/") == whole
    lines = whole.splitlines(keepends=True)
    column = {"csv": 0 if scope == "agreement" else 7, "jsonl": "number" if scope == "agreement" else "seq"}[
        format
    ]
    for kept in (2, 201, len(lines) // 2, len(lines) - 1):
        last = lines[kept - 1].decode()
        row: Any = json.loads(last) if format == "jsonl" else next(csv.reader([last]))
        assert b"".join(lines[:kept]) + got(client, f"{page}file/?after={row[column]}") == whole
    stream = whose
    actions = list(Event.objects.filter(stream=stream).order_by("number").values_list("action", flat=True))
    assert actions.count("history.exported") == 1 and actions.count("history.export_completed") == 1
    assert actions.count("history.export_resumed") == 5


@pytest.mark.django_db
def test_the_receipt_names_what_was_sent_and_proves_it_is_recorded(agreement: Agreement, made: World) -> None:
    client = as_(made.riverton_auditor)
    page = begun(client, format="jsonl", agreement=agreement.pk)
    assert b"Nothing has been sent" in client.get(page).content
    whole = got(client, f"{page}file/")
    *lines, last = whole.splitlines(keepends=True)
    said_last = json.loads(last)
    assert said_last["sha256"] == hashlib.sha256(b"".join(lines)).hexdigest()
    assert said_last["rows"] == len(lines) and page in said_last["receipt"]
    completed = Event.objects.get(stream=agreement.pk, action="history.export_completed")
    facts = body(completed)["facts"]
    assert (facts["sha256"], facts["rows"]) == (said_last["sha256"], len(lines))
    assert facts["bytes"] == len(whole) - len(last)
    assert said_last["sha256"].encode() in client.get(page).content
    text = client.get(f"{page}receipt.txt").content.decode()
    assert bytes(completed.body).decode() in text and bytes(completed.leaf).hex() in text


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 100])
def test_the_path_of_a_receipt_leads_to_the_root(size: int) -> None:
    leaves = [merkle.leaf(bytes([n])) for n in range(size)]
    for index, leaf in enumerate(leaves):
        path = receipts.inclusion(index, size, lambda lo, hi: merkle.root(leaves[lo:hi]))
        place, last, found = index, size - 1, leaf
        for each in path:  # RFC 9162 section 2.1.3.2
            if place & 1 or place == last:
                found = merkle.node(each, found)
                while not place & 1 and place:
                    place, last = place >> 1, last >> 1
            else:
                found = merkle.node(found, each)
            place, last = place >> 1, last >> 1
        assert found == merkle.root(leaves)


@pytest.mark.django_db
def test_an_agency_that_covers_more_by_now_does_not_get_a_rest_that_does_not_fit(made: World) -> None:
    builders.shared(made, short=True)
    client = as_(made.riverton_auditor)
    page = begun(client, format="csv", agency=made.riverton.pk)
    got(client, f"{page}file/")
    builders.shared(made, short=True)
    assert client.get(f"{page}file/?after=1").status_code == 409


@pytest.mark.django_db
def test_an_export_is_taken_by_who_asked_for_it_and_read_by_who_reads_the_history(
    agreement: Agreement, made: World
) -> None:
    page = begun(as_(made.riverton_auditor), format="csv", agreement=agreement.pk)
    assert as_(made.mesa_auditor).get(page).status_code == 200
    assert as_(made.mesa_auditor).get(f"{page}file/").status_code == 404
    for address in (page, f"{page}file/", f"{page}receipt.txt"):
        assert as_(made.outsider).get(address).status_code == 404
    client = as_(made.riverton_auditor)
    for after in ("-1", "x", "9" * 19, "１"):
        assert client.get(f"{page}file/?after={after}").status_code == 404
    assert client.get(f"/audit/exports/{'9' * 30}/").status_code == 404
    for asked in (
        {"format": "exe", "agreement": agreement.pk}, {"format": "csv"}, {"format": "csv", "agency": made.mesa.pk},
        {"format": "csv", "agreement": made.riverton.pk}, {"format": "csv", "agency": agreement.pk},
        {"format": "csv", "agreement": agreement.pk, "agency": made.riverton.pk},
    ):  # fmt: skip
        assert client.post("/audit/exports/", asked).status_code == 404


@pytest.mark.django_db
def test_a_reader_that_goes_away_leaves_no_event_of_an_end(agreement: Agreement, made: World) -> None:
    export = taking.begin(agreement.pk, scope="agreement", format="csv", agency=made.riverton.pk,
                          actor=made.riverton_auditor, now=NOW)  # fmt: skip
    pieces = taking.contents(export, own=[made.riverton.pk], clock=lambda: NOW)
    assert next(pieces) and next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert export.completed is None
    whole = b"".join(taking.contents(export, own=[made.riverton.pk], clock=lambda: NOW))
    assert export.completed is not None and b"receipt" in whole


@pytest.mark.django_db
def test_memory_stays_flat_however_long_the_history_is() -> None:
    head, tail = csv_ends(1, "2026-11-21 09:00:00", 1, "ab" * 32)
    row = (
        head,
        APART.join(["A", "", "comment.made"]),
        said("A", {"text": "x" * 500}, [], "comment.made"),
        tail,
    )

    def peak(batches: int) -> int:
        export = taking.Export(Event(pk=1, number=1, body=said("A", {"format": "csv", "scope": "agreement"}, [], "x").encode()))  # fmt: skip
        many = ([row] * streaming.FETCH for _ in range(batches))
        with patch("audit.taking.streaming.batches", return_value=many), patch("audit.taking._complete"):
            tracemalloc.start()
            for _ in taking.contents(export, own=[], clock=lambda: NOW):
                pass
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return found

    with patch("audit.taking.events"), patch("audit.taking.exports.rows"):
        few, many = peak(2), peak(20)
    assert many < few * 1.2 < 5_000_000


@pytest.mark.django_db
def test_the_cursor_gives_every_row_once_and_lets_go_of_the_connection(
    agreement: Agreement, made: World
) -> None:
    found = exports.rows(Event.objects.filter(stream=agreement.pk).order_by("pk"), [], exports.FORMATS["csv"])
    numbers = [int(row[0].split('"')[1]) for batch in streaming.batches(found, size=7) for row in batch]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 450
    half = streaming.batches(found, size=7)
    next(half)
    half.close()  # type: ignore[attr-defined]
    assert Event.objects.filter(stream=agreement.pk).count() == len(numbers)


@pytest.mark.django_db
@pytest.mark.parametrize(("format", "plain"), [("csv", exports.as_csv), ("jsonl", exports.as_json_lines)])
def test_what_postgresql_writes_of_a_line_is_what_we_would(
    format: str, plain: Callable[..., Iterator[str]], agreement: Agreement, made: World
) -> None:
    log.enter()
    events, written = Event.objects.filter(stream=agreement.pk).order_by("pk"), exports.FORMATS[format]
    own = [made.mesa.pk]
    lines = written.lines(exports.rows(events, own, written))
    slowly = plain(events.select_related("entry"), lambda event: event.private_to not in {None, *own})
    assert written.header + lines == "".join(slowly).encode()
