"""Whatever is changed behind the log's back is named by the check, the first bad entry first."""

from __future__ import annotations

import io
import re
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection

from audit import erasing, guards, log, merkle
from audit.inspecting import Inspection
from audit.models import Event
from audit.record import SYSTEM, record
from tests import builders
from tests.builders import NOW, World
from tests.kept import kept

pytestmark = pytest.mark.django_db

PUT = "INSERT INTO audit_checkpoint (epoch, size, root, note, signed_at) VALUES (1, %s, %s, '', now())"


@pytest.fixture
def made() -> World:
    """A log with two kept hashes, an erasure, three signed heads, and two events that are not entered."""
    return kept("log to be checked", _logged)


def _logged() -> World:
    made = builders.world()
    agreement = builders.executed(made, short=True)
    event = Event.objects.filter(stream=agreement.pk).earliest("number")
    row = erasing.ask(
        event,
        reason="A name.",
        order="24-117",
        agency=made.riverton.pk,
        actor=made.riverton_administrator,
        now=NOW,
    )
    erasing.confirm(row, actor=made.riverton_counsel, now=NOW)
    for place in range(520):
        record("thing.done", stream=agreement.pk, actor=SYSTEM, now=NOW, facts={"place": place})
    log.enter()
    for size in (100, 300, log.size()):
        with connection.cursor() as cursor:
            cursor.execute(PUT, [size, _root(size)])
    for _ in range(2):
        record("thing.done", stream=uuid4(), actor=SYSTEM, now=NOW)
    return made


def _root(size: int) -> bytes:
    return merkle.root(log.leaves(0, size))


def check(*, full: bool = False) -> list[str]:
    return list(Inspection(full=full).findings())


def changed(statement: str) -> None:
    with guards.lifted(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_log_that_nobody_touched_agrees_with_itself(made: World) -> None:
    assert check() == check(full=True) == []
    out = io.StringIO()
    call_command("audit_check", stdout=out)
    assert f"{log.size():,} entries, 2 events not yet entered: the log agrees with itself" in out.getvalue()


AT = "WHERE event_id = (SELECT event_id FROM audit_entry WHERE seq = 120)"
OF = "WHERE id = (SELECT event_id FROM audit_entry WHERE seq = 120)"
HARM = {
    "UPDATE audit_event SET body = body || ' '::bytea {of}": "Entry 120 .* its text does not have the hash",
    "UPDATE audit_event SET body = 'x' {of}": "Entry 120 .* its text does not have the hash",
    "UPDATE audit_event SET body = '', actor_label = '' {of}": "Entry 120 .* nothing says why",
    "UPDATE audit_event SET leaf = sha256('x') {of}": "Entry 120 .* the log holds another hash",
    "UPDATE audit_entry SET leaf = sha256('x') {at}": "Entry 120 .* the log holds another hash",
    "UPDATE audit_event SET action = 'x' {of}": "Entry 120 .* the column for its action",
    "UPDATE audit_event SET at = at + interval '1 microsecond' {of}": "Entry 120 .* the column for its time",
    "UPDATE audit_event SET actor_label = 'x' {of}": "Entry 120 .* the column for its name",
    "UPDATE audit_event SET actor = stream {of}": "Entry 120 .* the column for its actor",
    "UPDATE audit_event SET agency = stream {of}": "Entry 120 .* the column for its agency",
    "UPDATE audit_event SET private_to = stream {of}": "Entry 120 .* the column for its private_to",
    "UPDATE audit_event SET number = number + 5000 {of}": "Entry 120 .* of its stream should come here",
    "UPDATE audit_event SET stream = gen_random_uuid() {of}": "Entry 120 .* of its stream should come here",
    "DELETE FROM audit_event {of}": "Entry 120: its event is gone",
    "DELETE FROM audit_entry {at}": "Entry 120 is missing: after it comes 121",
    "DELETE FROM audit_event WHERE id = (SELECT max(id) FROM audit_event)": "Stream .* should end with number 1; it ends with 0",
    "DELETE FROM audit_entry WHERE seq > 540": "A head was signed over .* there are 540",
    "UPDATE audit_node SET hash = sha256('x') WHERE index = 1": "over entries 257 to 512 is missing or wrong",
    "DELETE FROM audit_node WHERE index = 0": "over entries 1 to 256 is missing or wrong",
    "INSERT INTO audit_node (level, index, hash) VALUES (16, 0, 'x')": "level 16 is kept beyond the log",
    "UPDATE audit_checkpoint SET root = sha256('x') WHERE size > 300": "signed over .* has another root",
    "UPDATE audit_head SET size = size + 1": "The log says that it has",
    "UPDATE audit_stream SET leaf = sha256('x') WHERE size = 1": "Stream .* should end with number 1",
    "DELETE FROM audit_stream WHERE size = 1": "Stream .* is not counted",
    "UPDATE audit_event SET actor_label = 'Jane' WHERE body = ''": "erased, but not the name",
    "DROP TRIGGER audit_keep ON audit_event": "A guard is missing: audit_event: audit_keep",
}


@pytest.mark.parametrize("harm", HARM)
def test_the_first_bad_entry_is_named_after(
    harm: str, made: World, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(harm.format(of=OF, at=AT))
    found = check()
    assert found
    pattern = re.compile(HARM[harm])
    assert pattern.search(
        found[0] if "Entry 120" in HARM[harm] and "why" not in HARM[harm] else "\n".join(found)
    ), found
    with pytest.raises(SystemExit) as left:
        call_command("audit_check")
    assert left.value.code == 1
    assert "does not agree with itself" in capsys.readouterr().err


def test_a_rewritten_event_with_new_hashes_is_caught_by_the_next_of_its_stream(made: World) -> None:
    """Body, leaf and entry all made to fit each other."""
    changed(
        f"UPDATE audit_event SET body = replace(convert_from(body, 'UTF8'), '2026', '2025')::bytea, at = at - interval '1 year' {OF};"
        f"UPDATE audit_event SET leaf = sha256('\\x00'::bytea || body) {OF};"
        f"UPDATE audit_entry x SET leaf = e.leaf FROM audit_event e WHERE e.id = x.event_id AND x.seq = 120"
    )
    assert any(
        "does not follow on the event before it" in found or "should end with" in found for found in check()
    )


def test_only_the_full_check_asks_every_head_and_writes_every_text_anew(made: World) -> None:
    changed("UPDATE audit_checkpoint SET root = sha256('x') WHERE size = 100")
    assert check() == []
    assert "signed over 100 entries has another root" in check(full=True)[0]


def test_an_erasure_that_did_not_happen_is_told(made: World) -> None:
    stream = uuid4()
    record("thing.done", stream=stream, actor=SYSTEM, now=NOW)
    record("history.redacted", stream=stream, actor=SYSTEM, now=NOW, facts={"number": 1})
    (found,) = check()
    assert "it says that number 1 was erased, which was not" in found
