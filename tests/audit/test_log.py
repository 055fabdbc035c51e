"""Events get places without gaps; streams are chained; proofs read from the database are RFC 6962's."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from audit import log, merkle
from audit.models import Entry, Event, Node
from audit.record import SYSTEM, record
from tests.builders import NOW


def leaves(number: int) -> list[bytes]:
    return [merkle.leaf(str(place).encode()) for place in range(number)]


def plainly(items: list[bytes]) -> bytes:
    """RFC 6962's own definition, word for word."""
    if len(items) == 1:
        return items[0]
    middle = merkle.split(len(items))
    return merkle.node(plainly(items[:middle]), plainly(items[middle:]))


@given(st.integers(1, 200), st.data())
def test_one_proof_for_many_entries_leads_to_the_root(size: int, data: st.DataObject) -> None:
    all_leaves = leaves(size)
    known = sorted(data.draw(st.sets(st.integers(0, size - 1))))
    proof = iter(merkle.others(known, size, lambda lo, hi: plainly(all_leaves[lo:hi])))

    def reckoned(lo: int, hi: int) -> bytes:
        if not any(lo <= place < hi for place in known):
            return next(proof)
        if hi - lo == 1:
            return all_leaves[lo]
        middle = lo + merkle.split(hi - lo)
        return merkle.node(reckoned(lo, middle), reckoned(middle, hi))

    assert reckoned(0, size) == plainly(all_leaves) == merkle.root(all_leaves)
    assert next(proof, None) is None


@pytest.mark.django_db
def test_a_stream_is_a_chain_that_says_its_own_numbers() -> None:
    stream, before = uuid4(), "0" * 64
    for number in (1, 2, 3):
        event = record("thing.done", stream=stream, actor=SYSTEM, now=NOW)
        said = json.loads(bytes(event.body))
        assert (said["stream_number"], said["stream_prev"], said["stream"]) == (number, before, str(stream))
        assert list(said) == sorted(said)
        before = bytes(event.leaf).hex()


@pytest.mark.django_db
def test_entering_gives_places_in_order_and_keeps_every_eighth_level() -> None:
    for _ in range(600):
        record("thing.done", stream=uuid4(), actor=SYSTEM, now=NOW)
    assert log.enter() == 600 and log.enter() == 0
    record("thing.done", stream=uuid4(), actor=SYSTEM, now=NOW)
    assert log.enter() == 1 and log.size() == 601
    events = [bytes(leaf) for leaf in Event.objects.order_by("id").values_list("leaf", flat=True)]
    assert log.leaves(0, 601) == events
    assert list(Entry.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 602))
    nodes = {(row.level, row.index): bytes(row.hash) for row in Node.objects.all()}
    assert nodes == {(8, place): merkle.root(events[place * 256 : place * 256 + 256]) for place in (0, 1)}
    reading = log.Reading()
    reading.prefetch([5, 300, 600])
    for lo, hi in [(0, 601), (0, 512), (512, 601), (256, 512), (600, 601), (4, 8)]:
        assert reading.hashes(lo, hi) == merkle.root(events[lo:hi])
    with pytest.raises(LookupError):
        reading.hashes(601, 602)


@pytest.mark.django_db
def test_an_event_whose_bytes_name_another_stream_is_refused() -> None:
    body = b'{"stream":"00000000-0000-0000-0000-000000000000","v":1}'
    statement = (
        "INSERT INTO audit_event (id, stream, number, action, actor_label, at, body, leaf, transaction) "
        "VALUES (0, %s, 0, 'x', 'x', now(), %s, '', 0)"
    )
    refused = pytest.raises(DatabaseError, match="do not end with its stream")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [uuid4(), body])
