"""A dossier's container: the same bytes from the same contents, written without holding them, refused when unfit."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zipfile import ZIP_STORED, ZipFile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import bundle, checkpoints, log, merkle
from audit.models import Event
from audit.record import SYSTEM, record
from tests.builders import NOW

pytestmark = pytest.mark.django_db

SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HOST = "log.example"
KEY = checkpoints.key_of(HOST, SECRET).vkey()
STREAM = UUID(int=7)
DOCUMENTS: list[tuple[str, bytes | Path]] = [
    ("documents/a/final.pdf", b"%PDF"),
    ("history/a.csv", b'"number"\n'),
]


def signed(size: int) -> str:
    head = checkpoints.Head(
        HOST, 1, size, log.Reading().hashes(0, size), datetime(2026, 3, 2, 15, 5, tzinfo=UTC)
    )
    return checkpoints.sign(head, SECRET).text()


def logged(number: int) -> list[Event]:
    for place in range(number):
        record("thing.done", stream=STREAM, actor=SYSTEM, now=NOW, facts={"place": place})
    facts = {"manifest": bundle.manifest(DOCUMENTS).sha256, "streams": {str(STREAM): number}}
    record("dossier.made", stream=STREAM, actor=SYSTEM, now=NOW, facts=facts)
    log.enter()
    return list(Event.objects.select_related("entry").order_by("entry__seq"))


def written(events: list[Event], **options: Any) -> bytes:
    target = BytesIO()
    given: dict[str, Any] = {
        "documents": DOCUMENTS, "events": events, "withheld": lambda event: event.number == 2,
        "checkpoint": signed(len(events)), "heads": [signed(2), signed(1)], "key": KEY,
    }  # fmt: skip
    bundle.write(target, **given | options)
    return target.getvalue()


def test_the_container_says_only_what_is_in_it() -> None:
    events = logged(3)
    made = written(events)
    assert made == written(events)
    with ZipFile(BytesIO(made)) as container:
        names = [info.filename for info in container.infolist()]
        assert names == sorted(names) and names[0] == "MANIFEST"
        for info in container.infolist():
            assert (info.compress_type, info.flag_bits, info.extra, info.date_time) == (
                ZIP_STORED,
                0,
                b"",
                bundle.FIXED_TIME,
            )
        lines = container.read("log/entries").split(b"\n")
        assert lines[0] == b"1 b " + bytes(events[0].body)
        assert lines[1] == f"2 h {bytes(events[1].leaf).hex()} {STREAM} 2".encode()
        assert container.read("MANIFEST").decode() == bundle.manifest(DOCUMENTS).text
        assert container.read("log/heads").startswith(f"head\n{signed(1)}proof ".encode())
        assert container.read("log/others") == b""


def test_documents_may_lie_in_files(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"%PDF")
    events = logged(1)
    assert written(events, heads=[]) == written(
        events, heads=[], documents=[(name, tmp_path / "x" if name.endswith("pdf") else source) for name, source in DOCUMENTS]
    )  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["documents", "documents/", "log/entries", "documents/../x", "documents/.x", "documents/a.", "documents/a./b",
     "/documents/x", "documents/ä", "documents/x\n", "documents/x\x00", "documents//x", "documents/" + "x/" * 13 + "x",
     "verify.py", "documents/" + "x" * 101, "history\\x"],
)  # fmt: skip
def test_a_name_that_some_system_cannot_unpack_is_refused(name: str) -> None:
    with pytest.raises(bundle.Unfit):
        bundle.manifest([(name, b"")])


def test_names_that_differ_in_case_alone_are_refused() -> None:
    with pytest.raises(bundle.Unfit):
        bundle.manifest([("documents/a", b""), ("documents/A", b"")])


def test_events_out_of_order_or_beyond_the_head_are_refused() -> None:
    events = logged(3)
    for wrong, head in ((events[::-1], 4), ([events[0], events[0]], 4), (events, 3)):
        with pytest.raises(bundle.Unfit):
            written(wrong, checkpoint=signed(head), heads=[])


def test_an_earlier_head_that_the_log_does_not_continue_is_refused() -> None:
    events = logged(3)
    root = b64encode(bytes(32)).decode()
    false = checkpoints.parse_text(f"{HOST}/audit/1\n2\n{root}\nat 2026-03-02T15:04:00Z\n")
    for note in (checkpoints.sign(false, SECRET).text(), signed(4)):
        with pytest.raises(bundle.Unfit):
            written(events, heads=[note])


def test_a_proof_is_made_window_by_window(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(1_500):
        record("thing.done", stream=uuid4(), actor=SYSTEM, now=NOW)
    log.enter()
    monkeypatch.setattr(bundle, "WINDOW", 512)
    places = [3, 700, 701, 1_499]

    def asked() -> Iterator[bytes]:
        yield from merkle.others(places, 1_500, bundle.Near(places).hashes)

    assert list(asked()) == list(merkle.others(places, 1_500, log.Reading().hashes))
