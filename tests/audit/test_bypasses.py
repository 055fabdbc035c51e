"""Every way round audit.record that anybody could think of is refused, by the ORM or by PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.forms import modelform_factory

from agreements.models import Agreement, Provision
from audit import guards, log
from audit.checks import guarded
from audit.models import Checkpoint, Entry, Event, Head, Node, OutsideHead, Stamp, Stream, Unaudited
from audit.record import SYSTEM, Stale, record
from tests import builders
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db

LOG = (Checkpoint, Entry, Event, Head, Node, OutsideHead, Stamp, Stream)


@pytest.fixture
def agreement(made: World) -> Agreement:
    found = builders.drafted(made, short=True)
    _worlds[found.pk] = made
    log.enter()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO audit_node (level, index, hash) VALUES (8, 0, '')")
        cursor.execute(
            "INSERT INTO audit_checkpoint (epoch, size, root, note, signed_at) VALUES (1, 1, '', '', now())"
        )
    return found


_worlds: dict[UUID, World] = {}


def _row(agreement: Agreement) -> Provision:
    return Provision(agreement=agreement, heading="Slipped in", last_event=agreement.last_event)


ORM: dict[str, Callable[[Agreement], Any]] = {
    "save": lambda a: a.save(),
    "delete": lambda a: a.delete(),
    "save of a new row": lambda a: _row(a).save(),
    "create": lambda a: Provision.objects.create(agreement=a),
    "update": lambda a: Agreement.objects.filter(pk=a.pk).update(title="x"),
    "update through a relation": lambda a: a.provisions.update(text="x"),
    "bulk_create": lambda a: Provision.objects.bulk_create([_row(a)]),
    "bulk_update": lambda a: Provision.objects.bulk_update(list(a.provisions.all()), ["text"]),
    "get_or_create": lambda a: Provision.objects.get_or_create(agreement=a, heading="x"),
    "update_or_create": lambda a: Provision.objects.update_or_create(agreement=a, heading="x"),
    "delete of a set": lambda a: a.provisions.all().delete(),
    "creating through a relation": lambda a: a.provisions.create(heading="x"),
    "adding to a relation": lambda a: a.provisions.add(_row(a), bulk=False),
    "a form's save": lambda a: modelform_factory(Agreement, fields=["title"])(
        {"title": "x"}, instance=a
    ).save(),
    "an event of one's own": lambda a: Event.objects.create(stream=a.pk, number=99, action="x", body=b"{}"),
    "saving an event": lambda a: a.last_event.save(),
    "changing events": lambda a: Event.objects.update(action="x"),
    "deleting events": lambda a: Event.objects.all().delete(),
}


@pytest.mark.parametrize("name", ORM)
def test_the_orm_refuses(name: str, agreement: Agreement) -> None:
    with pytest.raises(Unaudited):
        ORM[name](agreement)


def _sql(statement: str, *params: Any) -> Callable[[Agreement], None]:
    def run(agreement: Agreement) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            known = {"id": agreement.pk, "event": agreement.last_event_id, "new": uuid4()}
            cursor.execute(statement, known)

    return run


RAW: dict[str, Callable[[Agreement], Any]] = {
    "base manager update": lambda a: models.QuerySet(Agreement).filter(pk=a.pk).update(title="x"),
    "base manager update naming the old event": lambda a: (
        models.QuerySet(Agreement).filter(pk=a.pk).update(title="x", last_event=a.last_event_id)
    ),
    "base manager delete": lambda a: models.QuerySet(Provision).filter(agreement=a)._raw_delete("default"),
    "base manager insert": lambda a: models.QuerySet(Provision).bulk_create([_other_stream(a)]),
    "update": _sql("UPDATE agreements_agreement SET title = 'x' WHERE id = %(id)s"),
    "update of a child": _sql("UPDATE agreements_provision SET text = 'x' WHERE agreement_id = %(id)s"),
    "insert of a child": _sql(
        "INSERT INTO agreements_notice (id, agreement_id, agency_id, ground, reason, given_on, sent_on, acknowledged, last_day, "
        "last_event_id) SELECT %(new)s, id, lead_id, 'mutual', 'x', now(), now(), '{}', now(), 1 FROM agreements_agreement WHERE id = %(id)s"
    ),
    "delete": _sql("DELETE FROM agreements_provision WHERE agreement_id = %(id)s"),
    "truncate": _sql("TRUNCATE agreements_provision CASCADE"),
    "editing an event": _sql("UPDATE audit_event SET body = 'x'::bytea WHERE id = %(event)s"),
    "deleting an event": _sql("DELETE FROM audit_event WHERE id = %(event)s"),
    "truncating events": _sql("TRUNCATE audit_event CASCADE"),
    "turning the counter back": _sql("UPDATE audit_head SET size = size - 1"),
    "turning a stream's counter back": _sql("UPDATE audit_stream SET size = 0 WHERE id = %(id)s"),
    "deleting a counter": _sql("DELETE FROM audit_stream WHERE id = %(id)s"),
    "taking a number of the log": _sql("UPDATE audit_head SET size = size + 1"),
    "a counter that begins late": _sql("INSERT INTO audit_stream (id, size) VALUES (%(new)s, 5)"),
    "a second counter of the log": _sql(
        "INSERT INTO audit_head (id, size, settled, drawn, horizon) VALUES (2, 7, 0, 0, 0)"
    ),
    "a counter of a stream without an event": _sql(
        "UPDATE audit_stream SET size = size + 1 WHERE id = %(id)s"
    ),
    "editing an entry": _sql("UPDATE audit_entry SET leaf = ''"),
    "deleting entries": _sql("DELETE FROM audit_entry"),
    "an entry out of turn": _sql("INSERT INTO audit_entry (seq, event_id, leaf) VALUES (1, %(event)s, '')"),
    "an entry of another hash": _sql(
        "INSERT INTO audit_entry (seq, event_id, leaf) VALUES (99999, %(event)s, 'x')"
    ),
    "editing a node": _sql("UPDATE audit_node SET hash = ''"),
    "deleting checkpoints": _sql("DELETE FROM audit_checkpoint"),
    "an event out of turn": _sql(
        "INSERT INTO audit_event (id, stream, number, action, actor_label, at, body, leaf, transaction) "
        "VALUES (0, %(id)s, 999, 'x', 'x', now(), '{}', '', 0)"
    ),
    "an event before the last": _sql(
        "INSERT INTO audit_event (id, stream, number, action, actor_label, at, body, leaf, transaction) "
        "VALUES (0, %(id)s, 1, 'x', 'x', now(), '{}', '', 0)"
    ),
    "taking a row to another agreement": lambda a: _moved(a),
    "another id for a row": lambda a: _renamed(a),
    "an event that never was": _sql(
        "UPDATE agreements_agreement SET title = 'x', last_event_id = 999999999 WHERE id = %(id)s"
    ),
}


def _other_stream(agreement: Agreement) -> Provision:
    """A row that names an event of this transaction, but of another stream."""
    event = record("something.else", stream=uuid4(), actor=SYSTEM, now=NOW)
    return Provision(agreement=agreement, last_event=event)


def _moved(agreement: Agreement) -> None:
    """A row taken out of its stream, explained only in the stream it goes to."""
    other = builders.drafted(_worlds[agreement.pk])
    event = record("something.moved", stream=other.pk, actor=SYSTEM, now=NOW)
    models.QuerySet(Provision).filter(agreement=agreement).update(agreement=other, last_event=event.pk)


def _renamed(agreement: Agreement) -> None:
    event = record("something.renamed", stream=agreement.pk, actor=SYSTEM, now=NOW)
    row = models.QuerySet(Provision).filter(agreement=agreement)[:1].values("pk")
    models.QuerySet(Provision).filter(pk__in=row).update(id=uuid4(), last_event=event.pk)


@pytest.mark.parametrize("name", RAW)
def test_postgresql_refuses(name: str, agreement: Agreement) -> None:
    before = (Event.objects.count(), agreement.title, agreement.provisions.count())
    with pytest.raises(DatabaseError, match=r"audit|one_event_per_number"), transaction.atomic():
        RAW[name](agreement)
    found = Agreement.objects.get(pk=agreement.pk)
    assert (Event.objects.count(), found.title, found.provisions.count()) == before


@pytest.mark.django_db(transaction=True)
def test_an_event_of_an_earlier_transaction_explains_nothing() -> None:
    agreement = builders.drafted(builders.world())
    with transaction.atomic():
        later = record("something.noted", stream=agreement.pk, actor=SYSTEM, now=NOW)
    with pytest.raises(DatabaseError, match="names no event of this transaction"):
        models.QuerySet(Agreement).filter(pk=agreement.pk).update(title="x", last_event=later.pk)


def test_two_who_changed_the_same_row_do_not_overwrite_each_other(agreement: Agreement) -> None:
    mine, theirs = Agreement.objects.get(pk=agreement.pk), Agreement.objects.get(pk=agreement.pk)
    theirs.title = "Theirs"
    record("agreement.edited", stream=agreement.pk, actor=SYSTEM, now=NOW, changed=[theirs])
    mine.title = "Mine"
    with pytest.raises(Stale):
        record("agreement.edited", stream=agreement.pk, actor=SYSTEM, now=NOW, changed=[mine])


@pytest.mark.django_db(transaction=True)
def test_recording_outside_a_transaction_is_refused() -> None:
    with pytest.raises(Unaudited):
        record("something.noted", stream=uuid4(), actor=SYSTEM, now=NOW)


def test_every_audited_table_has_its_guards() -> None:
    tables = {guard.table for guard in guards.expected()}
    audited = {model._meta.db_table for model in guards.audited_models()}
    assert len(audited) > 15
    assert tables == audited | {model._meta.db_table for model in LOG}
    assert guards.missing() == []


@pytest.mark.parametrize(
    "how", ["DROP TRIGGER audit_keep ON {0}", "ALTER TABLE {0} DISABLE TRIGGER audit_keep"]
)
@pytest.mark.parametrize("table", ["audit_event", "agreements_provision"])
def test_a_guard_taken_away_is_told_and_put_back_by_the_next_migrate(how: str, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(how.format(table))
    (said,) = guarded(["default"])
    assert f"{table}: audit_keep" in said.msg
    guards.install()
    assert guarded(["default"]) == []
    assert guarded(None) == [] and guarded(["elsewhere"]) == []


def test_guards_are_lifted_in_tests_only(settings: Any) -> None:
    settings.TESTING = False
    with pytest.raises(RuntimeError), guards.lifted():
        pass
