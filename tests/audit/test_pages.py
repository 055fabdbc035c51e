"""The desk and the exports: only what one may read, harmless whatever was typed, the taking away recorded."""

from __future__ import annotations

import csv
import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from agreements.models import Agreement
from audit.models import Event
from audit.record import SYSTEM, record
from audit.sentences import body
from tests import builders
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db

HOSTILE = '=HYPERLINK("https://evil.example","x")\n\u202egnp.exe\x1b[31m<script>alert(1)</script>'


@pytest.fixture
def agreement(made: World) -> Agreement:
    found = builders.shared(made)
    record("thing.noted", stream=found.pk, actor=SYSTEM, now=NOW, facts={"text": HOSTILE})
    record(
        "thing.noted",
        stream=found.pk,
        actor=SYSTEM,
        now=NOW,
        private_to=made.mesa.pk,
        facts={"text": "Mesa's own"},
    )
    return found


def as_(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def taken(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def test_a_history_as_csv_has_every_number_once_and_no_formula(agreement: Agreement, made: World) -> None:
    text = taken(as_(made.riverton_auditor), f"/audit/streams/{agreement.pk}/export.csv")
    *rows, receipt = csv.DictReader(text.splitlines())
    assert receipt["action"] == "receipt"
    assert [int(row["number"]) for row in rows] == list(
        range(1, Event.objects.filter(stream=agreement.pk).count())
    )
    for row in rows:
        assert not any((value or "").startswith(("=", "+", "-", "@", "\t")) for value in row.values())
    assert not set(text) & set("\u202e\x1b\x00")
    assert rows[-1]["action"] == "history.exported"


def test_json_lines_hold_the_bytes_that_were_hashed_and_of_the_private_the_hash(
    agreement: Agreement, made: World
) -> None:
    text = taken(as_(made.riverton_auditor), f"/audit/streams/{agreement.pk}/export.jsonl")
    *lines, _ = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        kept = Event.objects.get(stream=agreement.pk, number=line["number"])
        assert bytes.fromhex(line["leaf"]) == bytes(kept.leaf)
        if line["body"] is None:
            assert kept.private_to not in {None, made.riverton.pk}
        else:
            assert hashlib.sha256(b"\0" + line["body"].encode()).digest() == bytes(kept.leaf)
    assert "Mesa's own" not in text
    assert "Mesa's own" in taken(as_(made.mesa_auditor), f"/audit/streams/{agreement.pk}/export.jsonl")


def test_a_whole_agency_is_exported_by_its_own_people_only(agreement: Agreement, made: World) -> None:
    text = taken(as_(made.riverton_auditor), f"/audit/agencies/{made.riverton.pk}/export.csv")
    assert "Mesa's own" not in text
    seqs = [int(row["log_number"]) for row in csv.DictReader(text.splitlines()) if row["log_number"]]
    assert seqs == sorted(set(seqs)) and len(seqs) > 5
    for person in (made.mesa_auditor, made.outsider, made.nobody):
        assert as_(person).get(f"/audit/agencies/{made.riverton.pk}/export.csv").status_code == 404


def test_taking_a_history_away_is_an_event_that_names_the_person(agreement: Agreement, made: World) -> None:
    taken(as_(made.riverton_auditor), f"/audit/streams/{agreement.pk}/export.csv")
    last = Event.objects.filter(stream=agreement.pk, action="history.exported").latest("number")
    assert (last.action, last.actor) == ("history.exported", made.riverton_auditor.pk)
    assert body(last)["request"]["ip"] == "127.0.0.1"
    assert len(body(last)["request"]["id"]) == 32


@pytest.mark.parametrize(
    "address", ["streams/{0}/export.exe", "streams/{1}/export.csv", "agencies/{1}/export.csv"]
)
def test_what_is_not_there_is_404_and_recorded_nowhere(
    address: str, agreement: Agreement, made: World
) -> None:
    size = Event.objects.count()
    assert (
        as_(made.riverton_auditor).get("/audit/" + address.format(agreement.pk, uuid4())).status_code == 404
    )
    assert as_(made.outsider).get(f"/audit/streams/{agreement.pk}/export.csv").status_code == 404
    assert Event.objects.count() == size
