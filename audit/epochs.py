"""Declaring a restore: the log goes on in a new epoch whose first words name what was lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from audit import log, merkle, notary
from audit.models import LOG_STREAM, Event
from audit.notebook import Notebook, State
from audit.record import SYSTEM, record
from common import mail, outbox

DECLARED = "log.epoch_declared"
HELD = "Held: a restore was declared, so this may have been sent before. Released with audit_epoch --release-mail."


class NotNeeded(Exception):
    """The database is the one that was followed; there is nothing to declare."""


@dataclass(frozen=True)
class Declaration:
    """What was declared, and how many mails are held."""

    facts: Mapping[str, Any]
    epoch: int
    size: int
    held: int


def declare(office: notary.Office, *, reason: str, now: datetime) -> Declaration:
    """Close the old epoch, record the restore, hold mail, open the new epoch with a head that covers the record.

    May be begun again after a crash at any point. Raises NotNeeded, audit.notary.Broken, audit.notebook.Damaged.
    """
    with office.book.alone():
        log.enter()
        state = office.begun()
        kept = _kept(office.book, state)
        if kept == state.size:
            raise NotNeeded(
                "The database is the one that the notary has seen: there is no restore to declare."
            )
        closed = _closed(office, state, now)
        facts = _facts(closed, kept, reason)
        due: Callable[..., object] = import_string(settings.AUDIT_DUE)
        due(now=now)
        with transaction.atomic():
            said = _recorded(closed.declared, facts, now)
            held = outbox.hold(mail.KIND, HELD, now=now)
        log.enter()
        opened = _opened(office, closed, said, now)
        return Declaration(said[-1], opened.epoch, opened.size, held)


def release_mail(*, now: datetime, since: datetime | None = None) -> int:
    """Send what was held after all, what was written `since` alone; returns how many."""
    return outbox.release(mail.KIND, HELD, now=now, since=since)


def _kept(book: Notebook, state: State) -> int:
    """How many entries, from the first, are still those that were followed; all bytes are read."""
    end, place = min(state.size, log.size()), 0
    while place < end:
        stop = min(place + notary.SLICE, end)
        seen = book.leaves(state.epoch, place, stop)
        for row in notary.rows(place, stop):
            if row.seq - 1 - place >= len(seen) or seen[row.seq - 1 - place] != row.leaf:
                return row.seq - 1
        place = stop
    return place


def _closed(office: notary.Office, state: State, now: datetime) -> State:
    """The old epoch with a last head over all that was ever followed in it: nobody holds a later one."""
    if state.size == state.signed_size:
        return state
    closed = office.signed(state, now)
    office.book.save(closed)
    if closed.signed:
        office.book.publish(closed.signed)
    return closed


def _facts(closed: State, kept: int, reason: str) -> dict[str, Any]:
    return {
        "old_epoch": closed.epoch, "old_size": closed.size, "old_root": closed.root.hex(), "kept": kept,
        "lost_first": kept + 1, "lost_last": closed.size, "reason": reason,
    }  # fmt: skip


def _recorded(
    earlier: Sequence[Mapping[str, Any]], facts: Mapping[str, Any], now: datetime
) -> list[Mapping[str, Any]]:
    """Record the declaration, and before it those that the restore took away; returns all as they stand in the log.

    Of what an earlier one had kept, no more is left than this one keeps.
    """
    bodies = Event.objects.filter(stream=LOG_STREAM, action=DECLARED).order_by("number")
    there = [json.loads(bytes(body))["facts"] for body in bodies.values_list("body", flat=True)]
    said: list[Mapping[str, Any]] = []
    for wanted in (*earlier, facts):
        kept = min(wanted["kept"], facts["kept"])
        left = {**wanted, "kept": kept, "lost_first": kept + 1}
        same = [
            one for one in there if _without_reason(one) in (_without_reason(wanted), _without_reason(left))
        ]
        if not same:
            record(DECLARED, stream=LOG_STREAM, actor=SYSTEM, now=now, facts=left)
        said.append(same[-1] if same else left)
    return said


def _without_reason(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name != "reason"}


def _opened(office: notary.Office, closed: State, said: Sequence[Mapping[str, Any]], now: datetime) -> State:
    """The new epoch, followed from the first entry, signed, saved, published."""
    epoch, size = closed.epoch + 1, log.size()
    edge: list[tuple[int, bytes]] = []
    for lo in range(0, size, notary.SLICE):
        leaves = [row.leaf for row in notary.rows(lo, min(lo + notary.SLICE, size))]
        edge = merkle.edge(leaves, edge)
        office.book.keep_leaves(epoch, lo, leaves)
    fresh = State(
        epoch=epoch, edge=tuple(edge), checked_at=now.isoformat(timespec="seconds"),
        declared=tuple(said),
    )  # fmt: skip
    at_least = closed.signed.head.at if closed.signed else now
    opened = office.signed(fresh, max(now, at_least))
    office.book.save(opened)
    office.publish(opened)
    return opened
