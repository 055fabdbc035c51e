"""verify.py reads everything in one form only, believes a dossier as far as an outside head goes, and never falls."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from audit import bundle, verify
from tests.bench.verify import pythons
from tests.trust.paper import (
    AGENCY,
    AGREEMENT,
    KEY,
    LOG_STREAM,
    Members,
    Paper,
    held,
    packed,
    unpacked,
    verdict,
)  # fmt: skip
from tests.trust.written import written

SIZE = 12


def paper() -> Paper:
    made = Paper()
    made.fill(SIZE - 1)
    made.conclude()
    return made


PAPER = paper()
HELD = PAPER.head(6)
MEMBERS = unpacked(PAPER.dossier(heads=[PAPER.head(4), HELD]))


def changed(name: str, how: Callable[[bytes], bytes]) -> dict[str, bytes]:
    found = how(MEMBERS[name])
    assert found != MEMBERS[name]
    return MEMBERS | {name: found}


def refused(given: bytes | dict[str, bytes], *words: str) -> None:
    code, said = verdict(given, HELD)
    assert code == 1 and "could not be finished" not in said, said
    assert all(word in said for word in words), said


# What a lenient reader would let pass.


def test_the_true_one_is_verified_packed_or_not() -> None:
    assert verdict(MEMBERS, HELD) == verdict(packed(MEMBERS), HELD) == (0, "VERIFIED.")


@pytest.mark.parametrize("name", ["log/key", "log/checkpoint"])
def test_spare_bits_of_base64(name: str) -> None:
    def spared(text: bytes) -> bytes:
        at = text.rindex(b"=") - 1 if b"=" in text[-8:] else len(text) - 2
        letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        other = letters[letters.index(text[at]) ^ 1]
        return text[:at] + bytes([other]) + text[at + 1 :]

    refused(changed(name, spared))


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("log/checkpoint", lambda text: text.replace(b"log.example/audit/1\n", b"log.example/audit/2\n")),
        ("log/checkpoint", lambda text: text.replace(b"log.example", b"LOG.example")),
        ("log/checkpoint", lambda text: text.replace(b"\n12\n", b"\n012\n")),
        ("log/checkpoint", lambda text: text.replace(b"\n12\n", b"\n+12\n")),
        ("log/checkpoint", lambda text: text.replace(b"\n12\n", b"\n1_2\n")),
        ("log/checkpoint", lambda text: text.replace(b"\n12\n", "\n１２\n".encode())),
        ("log/checkpoint", lambda text: text.replace(b"\n", b"\r\n")),
        ("log/checkpoint", lambda text: text + b"\n"),
        ("log/checkpoint", lambda text: text[:-1]),
        ("log/checkpoint", lambda text: text.replace("—".encode(), b"-")),
        ("log/checkpoint", lambda text: b"\xef\xbb\xbf" + text),
        ("log/key", lambda text: text.upper()),
        ("log/key", lambda text: text[:-1]),
        ("log/key", lambda text: b" " + text),
        ("log/key", lambda text: text + text),
        ("log/heads", lambda text: text.upper()),
        ("log/heads", lambda text: text.replace(b"proof 3", b"proof 03").replace(b"proof 4", b"proof 04")),
        ("log/heads", lambda text: text + b"head\n"),
        ("log/heads", lambda text: text + text),
        ("log/heads", lambda text: text[:-4]),
        ("log/heads", lambda text: text[: text.rindex(b"head\n")]),
        ("log/heads", lambda text: text + b"\n"),
        ("log/entries", lambda text: text.replace(b"3 b ", b"03 b ", 1)),
        ("log/entries", lambda text: text.replace(b"3 b ", b"3  b ", 1)),
        ("log/entries", lambda text: text.replace(b"3 b ", "３ b ".encode(), 1)),
        ("log/entries", lambda text: text.replace(b'"v":1}', b'"v":1 }', 1)),
        ("log/entries", lambda text: text.replace(b'"v":1}', b'"v":1}\r', 1)),
        ("log/entries", lambda text: text.replace(b'"changes":[]', b'"changes":[ ]', 1)),
        ("log/entries", lambda text: text.replace(b'{"action"', b'{"\\u0061ction"', 1)),
        ("log/entries", lambda text: text + b"\n"),
        ("log/entries", lambda text: text[:-1]),
        ("log/entries", lambda text: text + b"13 h " + b"0" * 64 + b" " + str(AGREEMENT).encode() + b" 9\n"),
        ("log/others", lambda text: text + b"0" * 64 + b"\n"),
        ("MANIFEST", lambda text: text.upper()),
        ("MANIFEST", lambda text: text.replace(b"  ", b" *")),
        ("MANIFEST", lambda text: text + b"\n"),
        ("MANIFEST", lambda text: b"\n".join(sorted(text.splitlines())) + b"\n"),
        ("README.txt", lambda text: text + b" "),
        ("documents/a/final.pdf", lambda text: text + b"\n"),
    ],
)
def test_every_other_way_to_write_the_same(name: str, how: Callable[[bytes], bytes]) -> None:
    refused(changed(name, how))


def test_hex_in_capitals_and_hashes_one_too_few_or_many() -> None:
    shown = [event for event in PAPER.events if event.stream == AGREEMENT]
    members = unpacked(PAPER.dossier(events=shown, heads=[HELD]))
    assert verdict(members, HELD)[0] == 0 and members["log/others"]
    for other in (
        members["log/others"].upper(),
        members["log/others"][65:],
        members["log/others"] + b"0" * 64 + b"\n",
    ):
        refused(members | {"log/others": other})


def sentences(members: dict[str, bytes], note: str) -> list[str]:
    found: list[str] = []
    dossier: Any = Members(members)
    verify.judged(lambda: verify.examine(dossier, None, held(note), None), found.append)
    return found


def test_a_withheld_entry_is_shown_by_its_hash_and_still_proved() -> None:
    def said(withheld: Any) -> list[str]:
        return sentences(unpacked(PAPER.dossier(withheld=withheld, heads=[HELD])), HELD)

    assert any(
        "1 withheld, 0 lawfully erased" in line
        for line in said(lambda event: event.number == 2 and event.stream == AGENCY)
    )
    assert not any("only the dossier's maker" in line for line in said(lambda event: event.number == 2))
    assert any(
        "Of 1 of these, only" in line
        for line in said(lambda event: event.stream == AGENCY and event.number == 5)
    )


def test_a_stream_shown_with_a_gap_or_without_its_end_is_named() -> None:
    for left_out, words in ((3, "event 2 of stream"), (11, "event 6 of stream")):
        shown = [event for event in PAPER.events if event.entry.seq != left_out]
        refused(PAPER.dossier(events=shown, heads=[HELD]), words, "missing")


def test_a_lawful_erasure_is_told_and_a_wrong_one_refused() -> None:
    for leaf, code in ((PAPER.leaves[2].hex(), 0), ("0" * 64, 1)):
        made = Paper()
        made.fill(6)
        made.add("history.redacted", number=2, leaf=leaf, reason="Court order.")
        made.conclude()
        made.events[2].body = b""
        found = sentences(unpacked(made.dossier(heads=[made.head(6)])), made.head(6))
        assert ("VERIFIED." in found) == (code == 0)
        assert any("1 lawfully erased" in line or "is not the one that entry" in line for line in found)


def test_documents_other_than_those_logged_are_refused_whatever_the_list_says() -> None:
    other = MEMBERS | {"documents/a/final.pdf": b"other"}
    lines = [
        f"{sha256(content).hexdigest()}  {name}\n"
        for name, content in sorted(other.items())
        if name != "MANIFEST" and not name.startswith("log/")
    ]
    refused(other | {"MANIFEST": "".join(lines).encode()}, "logged for other documents")


def test_many_streams_are_listed_in_a_file() -> None:
    listed = f"{AGREEMENT} 6\n".encode()
    documents = [*bundle_documents(), ("history/streams.txt", listed)]
    for digest, code in ((sha256(listed).hexdigest(), 0), ("0" * 64, 1)):
        made = Paper()
        made.fill(11)
        made.conclude(streams=digest, manifest=bundle.manifest(documents).sha256)
        target = io.BytesIO()
        made.write(target, heads=[made.head(6)], documents=documents)
        assert verdict(target.getvalue(), made.head(6))[0] == code


def bundle_documents() -> list[tuple[str, bytes | Path]]:
    return [("documents/a.txt", b"a")]


# Heads, proofs, keys, epochs.


def proof(old: str, new: str, hashes: list[bytes]) -> verify.Proof:
    return verify.Proof(held(old)[0], held(new)[0], hashes)


def sparse() -> tuple[Paper, bytes]:
    """A log of which one agreement's dossier shows little: nothing in it tells the root of the first three entries."""
    made = Paper()
    made.fill(SIZE - 1, [AGENCY] * 5 + [AGREEMENT])
    made.conclude()
    return made, made.dossier(events=[event for event in made.events if event.stream == AGREEMENT])


def test_a_head_that_the_dossier_has_no_proof_for_needs_one() -> None:
    log, made = sparse()
    note, newest = log.head(3), log.head(SIZE)
    code, said = verdict(made, note)
    assert code == 2 and "--proof" in said
    assert verdict(made, note, proof=proof(note, newest, log.proof(3, SIZE)))[0] == 0
    assert verdict(made, note, proof=proof(note, newest, log.proof(5, SIZE)))[0] == 1
    assert verdict(made, note, proof=proof(log.head(5), newest, log.proof(5, SIZE)))[0] == 2


def test_a_head_newer_than_the_dossier() -> None:
    made = PAPER.dossier()
    PAPER_AFTER = paper()
    PAPER_AFTER.fill(4)
    note = PAPER_AFTER.head(SIZE + 4)
    code, said = verdict(made, note)
    assert code == 2 and "older than" in said
    assert verdict(made, note, proof=proof(PAPER.head(SIZE), note, PAPER_AFTER.proof(SIZE, SIZE + 4)))[0] == 0
    assert verdict(made, note, proof=proof(PAPER.head(SIZE), note, []))[0] == 1
    before = PAPER_AFTER.head(SIZE + 4, at=Paper.at(1))
    assert verdict(made, before)[0] == 1


def test_keys_and_heads_of_others() -> None:
    made = packed(MEMBERS)
    other = verify.key_in(KEY.encode())._replace(name=b"x.example/audit")
    vkey = (
        f"x.example/audit+{sha256(other.name + bytes([10, 1]) + other.public).hexdigest()[:8]}+"
        + KEY.split("+", 2)[2]
    )
    assert verdict(made, HELD, key=vkey)[0] == verdict(made, HELD, key="nonsense")[0] == 2
    assert verdict(made, HELD, key=KEY)[0] == 0
    assert verdict(made, PAPER.head(6, host="x.example"))[0] == 2
    damaged = HELD.replace("at 2026", "at 2025")
    assert verdict(made, damaged)[0] == 2
    assert verdict(made, HELD, PAPER.head(6, host="x.example"))[0] == 2


def test_an_entry_dated_long_before_a_head_that_lacks_it_is_named() -> None:
    made = paper()
    made.add(stream=AGENCY, at=Paper.at(1) - timedelta(days=2))
    made.conclude(streams={})
    refused(made.dossier(), "Entry 13", "its time is false")


LOST: dict[str, Any] = {
    "old_epoch": 1,
    "old_size": 9,
    "kept": 6,
    "lost_first": 7,
    "lost_last": 9,
    "reason": "The disk\x1b[2J broke.",
}


def restored(**said: Any) -> Paper:
    """Nine entries, of which six came back from a backup; the loss was declared."""
    made = Paper()
    made.fill(6)
    made.add("log.epoch_declared", stream=LOG_STREAM, at=Paper.at(30), **LOST | said)
    made.fill(2)
    made.conclude()
    return made


def test_a_declared_restore_is_told_and_what_it_lost_cannot_be_compared() -> None:
    before, after = Paper(), restored()
    before.fill(9)
    after = restored(old_root=before.hashes(0, 9).hex())
    checkpoint = after.head(10, epoch=2, at=Paper.at(60))
    made = after.dossier(checkpoint=checkpoint, heads=[before.head(4), before.head(8)])
    assert verdict(made, before.head(5))[0] == 0
    code, said = verdict(made, before.head(8))
    assert code == 2 and "entries 7 to 9 of epoch 1 were lost" in said and "The disk?[2J broke." in said
    assert verdict(made, before.head(9))[0] == 2
    before.streams = {}
    assert verdict(made, Paper.head(after, 9, at=Paper.at(10)))[0] == 1
    unsaid = restored(old_epoch=2)
    assert verdict(unsaid.dossier(checkpoint=unsaid.head(10, epoch=2)), before.head(5))[0] == 1
    for wrong in (
        {"kept": 5},
        {"kept": "6"},
        {"lost_last": 10},
        {"kept": None},
        {"old_size": True},
    ):
        odd = restored(**wrong)
        assert verdict(odd.dossier(checkpoint=odd.head(10, epoch=2)), before.head(5))[0] == 1
    assert verdict(after.dossier(checkpoint=checkpoint, heads=[before.head(4), Paper.head(after, 3)]))[0] == 2


def test_a_second_restore_may_lose_the_declaration_of_the_first() -> None:
    """It is declared again after the second, where fewer entries were kept than then."""
    before, after = Paper(), Paper()
    before.fill(9)
    after.fill(4)
    after.add("log.epoch_declared", stream=LOG_STREAM, **(LOST | {"old_root": before.hashes(0, 9).hex()}))
    second: dict[str, Any] = {
        "old_epoch": 2,
        "old_size": 7,
        "kept": 4,
        "lost_first": 5,
        "lost_last": 7,
        "old_root": "0" * 64,
    }
    after.add("log.epoch_declared", stream=LOG_STREAM, **(LOST | second))
    after.conclude()
    made = after.dossier(checkpoint=after.head(7, epoch=3))
    assert verdict(made, before.head(4))[0] == 0
    for size, words in ((5, "5 to 7 of epoch 2"), (8, "7 to 9 of epoch 1")):
        code, said = verdict(made, before.head(size))
        assert code == 2 and words in said


# Hostile bundles.


def zipped(*members: tuple[str, bytes], **info: Any) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as container:
        for name, content in members:
            made = bundle._info(name)
            for key, value in info.items():
                setattr(made, key, value)
            container.writestr(made, content)
    return target.getvalue()


def raw(name: bytes) -> bytes:
    """The true container with a member of that name beside, as a forger would write it."""
    long = "documents/" + "x" * (len(name) - 10)
    return packed(MEMBERS | {long: b"x"}).replace(long.encode(), name)


TRUE = packed(MEMBERS)
DEEP = b"[" * 100_000
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "not a zip": b"x" * 1000,
    "an empty zip": zipped(),
    "the first bytes alone": b"PK\x03\x04",
    "endless names": b"PK\x03\x04" + b"\xff" * 70_000,
    "something before": b"x" + TRUE,
    "something after": TRUE + b"x",
    "two containers": TRUE + TRUE,
    "a comment": TRUE[:-2] + b"\x01\x00x",
    "a path upwards": raw(b"documents/../../etc/passwd"),
    "an absolute path": raw(b"/etc/passwd/documents/a"),
    "backslashes": raw(b"documents\\..\\..\\passwd"),
    "a NUL in a name": raw(b"documents/a\x00bcdefg.pdf"),
    "a terminal's escape in a name": raw(b"documents/\x1b[2J\x07bcde.pdf"),
    "a name twice": packed(MEMBERS | {"documents/a/final.pdg": b""}).replace(b"final.pdg", b"final.pdf"),
    "a folder": packed(MEMBERS | {"documents/b/": b""}),
    "deflated": zipped(*sorted(MEMBERS.items()), compress_type=zipfile.ZIP_DEFLATED),
    "another day": zipped(*sorted(MEMBERS.items()), date_time=(2026, 1, 1, 0, 0, 0)),
    "an extra field": zipped(*sorted(MEMBERS.items()), extra=b"\x01\x99\x01\x00x"),
    "another system": zipped(*sorted(MEMBERS.items()), create_system=0),
    "a symlink": zipped(*sorted(MEMBERS.items()), external_attr=0o120777 << 16),
    "another order": zipped(*sorted(MEMBERS.items(), reverse=True)),
    "nothing of a dossier": packed({"documents/a": b""}),
}
HOSTILE_MEMBERS: dict[str, dict[str, bytes]] = {
    "a giant line": {"log/entries": b"1 b {" + b"x" * ((1 << 24) + 10) + b"}\n"},
    "a giant number": {"log/entries": b"9" * 100_000 + b" b {}\n"},
    "no entries": {"log/entries": b""},
    "deep JSON": {"log/entries": MEMBERS["log/entries"].replace(b'"facts":{', b'"facts":{"a":' + DEEP, 1)},
    "nothing but newlines": {"log/entries": b"\n" * 1000},
    "many escapes": {
        "log/entries": b'1 b {"action":"a","actor":{"agency":null,"id":null,"label":"'
        + b"\\n" * 500_000
        + b"\n"
    },
    "not ASCII": {"log/entries": b"1 b {\xff}\n"},
    "a heap of heads": {"log/heads": b"head\n" * 100_000},
    "a giant proof": {"log/heads": MEMBERS["log/heads"].replace(b"proof ", b"proof 99999999")},
    "a proof of others": {
        "log/heads": b"head\n" + HELD.encode() + b"proof 999\n" + (b"0" * 64 + b"\n") * 999
    },
    "a giant key": {"log/key": b"x" * (1 << 21)},
    "a giant checkpoint": {"log/checkpoint": b"\n" * (1 << 21)},
    "a checkpoint of the year 0": {"log/checkpoint": PAPER.head(SIZE).replace("at 2026", "at 0000").encode()},
    "a giant manifest": {"MANIFEST": b"0" * (1 << 21)},
    "an empty manifest": {"MANIFEST": b""},
    "no member": {},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_container_gets_a_verdict(name: str) -> None:
    code, said = verdict(HOSTILE[name], HELD)
    assert code == (2 if name in ("nothing", "not a zip", "an empty zip", "something before") else 1), said
    assert "could not be finished" not in said and said.isprintable()


@pytest.mark.parametrize("name", HOSTILE_MEMBERS)
def test_hostile_members_get_a_verdict(name: str) -> None:
    members = MEMBERS | HOSTILE_MEMBERS[name]
    if not HOSTILE_MEMBERS[name]:
        del members["log/others"]
    refused(members)


@pytest.mark.parametrize("facts", [DEEP[:50_000], b'{"manifest":' + b"9" * 100_000 + b"}", b'{"a":1.5}', b'{"a":NaN}', b'{"a":1,"a":2}',
                                   b'{"streams":{}}', b'{"manifest":1}', b"[]", b'{"b":1,"a":2}'])  # fmt: skip
def test_a_last_entry_that_states_nonsense_is_refused(facts: bytes) -> None:
    made = Paper()
    made.fill(3)
    made.conclude()
    last = made.events.pop()
    made.leaves.pop()
    body = bytes(last.body)
    start, end = body.index(b'"facts":') + 8, body.index(b',"private_to"')
    made.put(body[:start] + facts + body[end:], AGREEMENT, last.number)
    code, said = verdict(made.dossier(), made.head(2))
    assert code == 1 and "could not be finished" not in said, said


@pytest.mark.parametrize(
    "streams",
    [None, 5, [], {"x": 1}, {str(AGREEMENT): "6"}, {str(AGREEMENT): True}, {str(UUID(int=3)): 1}, "x"],
)
def test_a_last_entry_that_names_no_streams_is_refused(streams: Any) -> None:
    made = Paper()
    made.fill(11)
    made.conclude(streams=streams)
    assert verdict(made.dossier(), made.head(6))[0] == 1


# As people run it.

ENV = {"PATH": "/nonexistent", "LC_ALL": "C"}


def run(*words: str | Path, python: str = sys.executable, cwd: Path | None = None) -> tuple[int, str]:
    command = [python, "-I", "-S", verify.__file__, *map(str, words)]
    done = subprocess.run(command, capture_output=True, env=ENV, cwd=cwd, timeout=60, check=False)
    assert done.stderr == b""
    return done.returncode, done.stdout.decode("ascii")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "d.zip").write_bytes(TRUE)
    (tmp_path / "held.txt").write_text(
        f"Dear Sir,\r\n\r\n{HELD}\r\nYours".replace("\n", "\r\n"), encoding="utf-8", newline=""
    )
    (tmp_path / "key.txt").write_text(KEY + "\n", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "d.zip") as container:
        container.extractall(tmp_path / "folder")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("python", pythons())
def test_every_python_on_this_machine_says_the_same(python: str, files: Path) -> None:
    for dossier in ("d.zip", "folder"):
        path = files / dossier
        assert run(path, "--head", files / "held.txt", "--key", files / "key.txt", python=python)[0] == 0
        code, said = run(path, python=python)
        assert code == 2 and "not checked against any outside head or key" in said
    (files / "d.zip").write_bytes(TRUE.replace(b"thing.done", b"thing.gone", 1))
    assert run(files / "d.zip", python=python)[0] == 1


def test_a_proof_comes_as_a_file(files: Path) -> None:
    log, made = sparse()
    (files / "d.zip").write_bytes(made)
    (files / "held.txt").write_text(log.head(3), encoding="utf-8")
    digests = [f"{digest.hex()}\n" for digest in log.proof(3, SIZE)]
    text = f"concordat-consistency/1\n{log.head(3)}{log.head(SIZE)}proof {len(digests)}\n{''.join(digests)}"
    asked: list[str | Path] = [files / "d.zip", "--head", files / "held.txt", "--proof", files / "proof.txt"]
    for found, code in ((text, 0), (text + "x", 2), (text.replace("/1\n", "/2\n", 1), 2), ("", 2)):
        (files / "proof.txt").write_text(found, encoding="utf-8")
        assert run(*asked)[0] == code


@pytest.mark.parametrize("words", [[], ["--help"], ["a", "b"], ["d.zip", "--head"], ["d.zip", "--key"], ["missing.zip"], ["d.zip", "--head", "key.txt"],
                                   ["d.zip", "--head", "missing"], ["d.zip", "--proof", "held.txt"], ["/dev/zero"], ["d.zip", "--head", "/dev/zero"]])  # fmt: skip
def test_whoever_asks_in_a_wrong_way_gets_a_verdict(words: list[str], files: Path) -> None:
    code, said = run(*words, cwd=files)
    assert code == 2 and said.startswith("CANNOT TELL: ")


def test_a_folder_holds_regular_files_and_no_other(files: Path) -> None:
    folder = files / "folder"
    for name, make in (
        ("documents/extra.txt", lambda path: path.write_text("x")),
        ("documents/link", lambda path: path.symlink_to("/etc/passwd")),
        ("documents/pipe", lambda path: os.mkfifo(path)),
        ("documents/\x1b[2J", lambda path: path.write_text("x")),
        (os.fsdecode(b"documents/\xff"), lambda path: path.write_text("x")),
    ):
        make(folder / name)
        code, said = run(folder, "--head", files / "held.txt")
        assert code == 1 and said.replace("\n", "").isprintable(), said
        (folder / name).unlink()
    (folder / "log" / "others").unlink()
    (folder / "log" / "others").symlink_to(files / "key.txt")
    assert run(folder)[0] == 1


def test_whatever_goes_wrong_inside_is_a_verdict() -> None:
    said: list[str] = []
    for fault in (MemoryError, KeyboardInterrupt, OSError, RecursionError):

        def work(fault: type[BaseException] = fault) -> Any:
            raise fault("\x1b[2J")

        assert verify.judged(work, said.append) == 2
    assert all("could not be finished" in line and line.isprintable() for line in said)


# Signatures.


def test_signatures_agree_with_openssl(tmp_path: Path) -> None:
    key = verify.key_in(KEY.encode())
    (tmp_path / "key").write_bytes(bytes.fromhex("302a300506032b6570032100") + key.public)
    head = held(HELD)[0]
    tried = [(head.text, head.signature)] + [
        (head.text[:at] + bytes([head.text[at] ^ 1]) + head.text[at + 1 :], head.signature) for at in (0, 30)
    ] + [(head.text, head.signature[:at] + bytes([head.signature[at] ^ 1]) + head.signature[at + 1 :]) for at in range(0, 64, 9)]  # fmt: skip
    for text, signature in tried:
        (tmp_path / "text").write_bytes(text)
        (tmp_path / "signature").write_bytes(signature)
        command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile signature"
        done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)
        assert (
            (done.returncode == 0)
            == verify.signed(key.public, text, signature)
            == ((text, signature) == tried[0])
        )


def test_signatures_have_one_form() -> None:
    key, head = verify.key_in(KEY.encode()), held(HELD)[0]
    r, s = head.signature[:32], int.from_bytes(head.signature[32:], "little")
    assert verify.signed(key.public, head.text, head.signature)
    for other in (s + verify.L, s + 2 * verify.L):
        assert not verify.signed(key.public, head.text, r + other.to_bytes(32, "little"))
    for wrong in (b"", head.signature[:-1], head.signature + b"\0"):
        assert not verify.signed(key.public, head.text, wrong)
    assert verify.point(verify.P.to_bytes(32, "little")) is None
    assert verify.point((1 | 1 << 255).to_bytes(32, "little")) is None
    assert verify.point((2).to_bytes(32, "little")) is None


RFC_8032 = [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
]  # fmt: skip


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_the_signatures_of_rfc_8032(public: str, message: str, signature: str) -> None:
    assert verify.signed(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))
    assert not verify.signed(bytes.fromhex(public), bytes.fromhex(message) + b"x", bytes.fromhex(signature))


def test_docs_print_the_verifiers_hash() -> None:
    written("verifier", f"`{sha256(Path(verify.__file__).read_bytes()).hexdigest()}`")
