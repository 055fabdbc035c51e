"""A head that somebody holds against the log as it is now: consistent, rewritten, or not to be told, and the proof."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit import checkpoints, heads, log, merkle
from audit.models import LOG_STREAM, Checkpoint, Event
from audit.sentences import body
from audit.witnessing import note_in

CONSISTENT, REWRITTEN, LOST, UNKNOWN = "consistent", "rewritten", "lost", "unknown"
PROOF = "concordat-consistency/1\n"
LONGEST = 100_000
"""More than any mail with a head in it."""


@dataclass(frozen=True)
class Declaration:
    """A restore that was declared: the log went on from `kept` entries in a new epoch; the entries after were lost."""

    old_epoch: int
    kept: int
    lost_first: int
    lost_last: int
    reason: str
    at: datetime


@dataclass(frozen=True)
class Verdict:
    """What the held head and the log say together; `why` names the case within the verdict."""

    word: str
    why: str
    head: checkpoints.Head | None = None
    newest: Checkpoint | None = None
    declared: tuple[Declaration, ...] = ()
    proof: str = ""
    note: str = ""


def verdict(text: str) -> Verdict:
    """Compare the head in a pasted text with the log."""
    note, why = _ours(text)
    if note is None:
        return Verdict(UNKNOWN, why)
    newest, declared = heads.newest(), declarations()
    head = checkpoints.parse(note).head
    if newest is None:
        return Verdict(REWRITTEN, "gone", head)
    after = tuple(row for row in declared if row.old_epoch >= head.epoch)
    found = _standing(head, newest, after)
    proof = _proof(note, head, newest) if found[0] == CONSISTENT else ""
    return Verdict(*found, head, newest, after, proof, note)


def _ours(text: str) -> tuple[str | None, str]:
    """The note if this log's key signed it; else none and why."""
    note = note_in(text[:LONGEST])
    if note is None:
        return None, "malformed"
    try:
        head = checkpoints.parse(note).head
        if head.host != heads.host():
            return None, "elsewhere"
        if not (vkey := heads.vkey()):
            return None, "keyless"
        checkpoints.verify(note, vkey)
    except checkpoints.Malformed:
        return None, "malformed"
    except checkpoints.NotOurs:
        return None, "unsigned"
    return note, ""


def declarations() -> list[Declaration]:
    """Every restore that was declared, oldest first."""
    rows = Event.objects.filter(stream=LOG_STREAM, action="log.epoch_declared").order_by("number")
    return [_declaration(row) for row in rows]


def _declaration(event: Event) -> Declaration:
    facts = body(event)["facts"]
    return Declaration(
        int(facts["old_epoch"]), int(facts["kept"]), int(facts["lost_first"]), int(facts["lost_last"]),
        str(facts["reason"]), event.at,
    )  # fmt: skip


def _standing(
    head: checkpoints.Head, newest: Checkpoint, declared: tuple[Declaration, ...]
) -> tuple[str, str]:
    """How a head of ours stands to the log."""
    if any(head.size > row.kept for row in declared):
        return LOST, "declared"
    if head.epoch > newest.epoch:
        return REWRITTEN, "later epoch"
    # The declaration of an earlier restore may itself be among what a later one lost: the last one must be there.
    if head.epoch < newest.epoch and newest.epoch - 1 not in {row.old_epoch for row in declared}:
        return REWRITTEN, "undeclared"
    if head.size > log.size():
        return REWRITTEN, "shorter"
    return (CONSISTENT, "") if _root(head.size) == head.root else (REWRITTEN, "other")


def _root(size: int) -> bytes | None:
    """The log's root over its first entries; none where entries are missing."""
    try:
        return log.Reading().hashes(0, size)
    except LookupError:
        return None


def _proof(note: str, head: checkpoints.Head, newest: Checkpoint) -> str:
    """The proof file from the held head to the newest one; nothing while that is not a later one."""
    if head.size >= newest.size:
        return ""
    hashes = merkle.consistency(head.size, newest.size, log.Reading().hashes)
    lines = "".join(f"{digest.hex()}\n" for digest in hashes)
    return f"{PROOF}{note}{newest.note}proof {len(hashes)}\n{lines}"
