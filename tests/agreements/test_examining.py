"""The process that examines files signed outside: its limits, and that one file can't touch the next."""

from __future__ import annotations

import json
import os
import signal
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agreements import pdf
from agreements.pdf import examining
from agreements.pdf import outside as reasons
from agreements.pdf.warm import Failed
from tests.builders import NOW

PREPARED = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n"
ASKED = {"field": "F", "name": "N", "email": "", "roots": "", "lists": "", "now": NOW.isoformat()}


def rows(count: int) -> bytes:
    """A file whose table of objects has so many rows, all nothing."""
    packed = zlib.compress(bytes(7 * count), 1)
    head = f"9 0 obj\n<</Type/XRef/Size {count}/W[1 4 2]/Root 1 0 R/Filter/FlateDecode/Length {len(packed)}>>\nstream\n"
    return (
        PREPARED
        + head.encode()
        + packed
        + f"\nendstream\nendobj\nstartxref\n{len(PREPARED)}\n%%EOF\n".encode()
    )


@cache
def slow() -> bytes:
    """Rows that take seconds to read, and more memory than the least a process needs."""
    return rows(20_000_000)


def job(file: bytes) -> bytes:
    return json.dumps({"length": len(PREPARED), **ASKED}).encode() + b"\n" + PREPARED + file


def examined(file: bytes) -> Any:
    return pdf.examine(file, prepared=PREPARED, field="F", name="N", email="", roots="", lists="", now=NOW)


@pytest.mark.parametrize(
    ("limits", "file", "reason"),
    [
        ({"memory": 100 << 20}, slow, "memory"),
        ({"memory": 100 << 20}, lambda: PREPARED + bytes(80_000_000), "memory"),
        ({"seconds": 1}, slow, "processor time .SIG"),
        ({"wall": 0.5}, slow, "too long"),
    ],
    ids=["memory", "memory to take it in", "processor", "waiting"],
)
def test_a_hostile_file_exhausts_its_own_fork_and_the_next_is_answered_by_the_same_process(
    limits: dict[str, Any], file: Callable[[], bytes], reason: str
) -> None:
    own = examining.Examiner(**limits)
    try:
        with pytest.raises(Failed, match=reason):
            own.ask(job(file()))
        assert own._process is not None
        first = own._process.pid
        assert json.loads(own.ask(job(PREPARED))) == {"reason": reasons.NOT_SIGNED}
        assert own._process.pid == first
    finally:
        own.close()


def test_whoever_sent_a_hostile_file_is_told_that_it_takes_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "_idle", [examining.Examiner(wall=0.2)])
    try:
        with pytest.raises(pdf.NotAccepted, match=examining.TOO_MUCH):
            examined(slow())
    finally:
        examining.close()


def test_a_killed_process_is_started_again() -> None:
    for _ in range(2):
        with pytest.raises(pdf.NotAccepted, match=reasons.NOT_SIGNED):
            examined(PREPARED)
        (one,) = examining._idle
        assert one._process is not None
        os.kill(one._process.pid, signal.SIGKILL)


def test_nobody_waits_for_the_file_of_another_and_one_process_is_kept() -> None:
    with examining._lent() as one, examining._lent() as another:
        assert one is not another
        for each in (one, another):
            each.ask(job(PREPARED))
    assert len(examining._idle) == 1
    examining.close()
    assert not examining._idle
    assert one._process is another._process is None


PROBE = """
import json, os, sys
seen = []
def warm(): pass
def answer(job):
    seen.append(job.read().decode())
    os.write(1, b"Aforged")
    print("said", file=sys.stderr)
    found = {"seen": seen, "next": os.read(0, 99).decode(), "path": sys.path, "environment": dict(os.environ),
             "isolated": sys.flags.isolated}
    return json.dumps(found).encode()
"""


def test_a_file_reaches_no_other_no_secret_no_log_and_no_code_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """As the process of a program that tries, started as the one that examines."""
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    (tmp_path / "probe.py").write_text(PROBE)
    monkeypatch.setattr(examining.Examiner, "program", tmp_path / "probe.py")
    own = examining.Examiner(wall=10)
    try:
        found = [json.loads(own.ask(text)) for text in (b"one", b"two")]
    finally:
        own.close()
    assert [(each["seen"], each["next"]) for each in found] == [(["one"], ""), (["two"], "")]
    assert set(found[1]["environment"]) <= {"PATH", "HOME", "LD_LIBRARY_PATH", "LC_CTYPE"}
    assert found[1]["isolated"]
    assert {str(Path.cwd()), str(tmp_path), ""}.isdisjoint(found[1]["path"])
    assert "".join(capfd.readouterr()) == ""
