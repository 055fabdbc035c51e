"""The log proper: events get their places in it, in batches, and proofs are read from it.

An event is numbered in its stream when it is written; its place in the whole log is given a moment later, by
whoever calls `enter` (the notary, every second; an export, before it begins). So writers of different agreements
never wait for each other, and the log still has no gap: see docs/adr/006-log.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction

from audit import merkle
from audit.models import Entry, Head, Node

BATCH = 5_000
BLOCK_LEVEL = 8
BLOCK = 1 << BLOCK_LEVEL
"""Every eighth level of the tree is kept: one row for 256 entries, and one for 256 of those."""


def enter() -> int:
    """Give every committed event that has no place in the log its place; returns how many were given one."""
    entered, found = 0, BATCH
    while found == BATCH:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT audit_enter(%s)", [BATCH])
            found = cursor.fetchone()[0]
            if found:
                _grow(BLOCK_LEVEL)
        entered += found
    return entered


def size() -> int:
    """How many entries the log has."""
    found: int = Head.objects.values_list("size", flat=True).get(pk=1)
    return found


def leaves(lo: int, hi: int) -> list[bytes]:
    """The leaf hashes of entries lo <= i < hi, counted from 0."""
    rows = Entry.objects.filter(seq__gt=lo, seq__lte=hi).order_by("seq")
    return [bytes(leaf) for leaf in rows.values_list("leaf", flat=True)]


def _grow(level: int) -> None:
    """Keep the hash of each subtree of `level` that is now whole; called with the head's row locked."""
    last = Node.objects.filter(level=level).order_by("-index").values_list("index", flat=True).first()
    begun = 0 if last is None else last + 1
    whole = size() >> level
    if begun >= whole:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO audit_node (level, index, hash) VALUES (%s, %s, %s)",
            [(level, index, _below(level, index)) for index in range(begun, whole)],
        )
    _grow(level + BLOCK_LEVEL)


def _below(level: int, index: int) -> bytes:
    """The hash of a subtree from the 256 beneath it that are kept."""
    lo, hi = index * BLOCK, (index + 1) * BLOCK
    return merkle.root(leaves(lo, hi) if level == BLOCK_LEVEL else _nodes(level - BLOCK_LEVEL, lo, hi))


def _nodes(level: int, lo: int, hi: int) -> list[bytes]:
    rows = Node.objects.filter(level=level, index__gte=lo, index__lt=hi).order_by("index")
    return [bytes(digest) for digest in rows.values_list("hash", flat=True)]


class Reading:
    """The hashes of the log, read row by row of 256 and kept while proofs are made."""

    def __init__(self) -> None:
        """Nothing read yet."""
        self._rows: dict[tuple[int, int], bytes] = {}

    def hashes(self, lo: int, hi: int) -> bytes:
        """MTH(D[lo:hi]) for a range that RFC 6962's division of a log makes. Raises LookupError beyond the log."""
        level = next(each for each in (24, 16, BLOCK_LEVEL, 0) if hi - lo >= 1 << each)
        unit = 1 << level
        whole = lo + (hi - lo) // unit * unit
        edge = merkle.edge(self._kept(level, place // unit) for place in range(lo, whole, unit))
        rest = [] if whole == hi else [(hi - whole, self.hashes(whole, hi))]
        return merkle.root_of([*edge, *rest])

    def prefetch(self, places: Iterable[int]) -> None:
        """Read the rows that hold these entries, counted from 0, in few queries."""
        wanted = sorted({place >> BLOCK_LEVEL for place in places})
        for at in range(0, len(wanted), BLOCK):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT block, string_agg(leaf, ''::bytea ORDER BY seq) FROM unnest(%s::bigint[]) block "
                    "JOIN audit_entry ON seq > block * 256 AND seq <= block * 256 + 256 GROUP BY block",
                    [wanted[at : at + BLOCK]],
                )
                self._rows |= {(0, block): bytes(row) for block, row in cursor}

    def _kept(self, level: int, index: int) -> bytes:
        row, place = (level, index >> BLOCK_LEVEL), index % BLOCK * 32
        if len(self._rows.get(row, b"")) < place + 32:
            self._rows[row] = self._read(*row)
        if not (found := self._rows[row][place : place + 32]):
            raise LookupError("The log has no such entry.")
        return found

    def _read(self, level: int, row: int) -> bytes:
        if not level:
            return b"".join(leaves(row * BLOCK, (row + 1) * BLOCK))
        return b"".join(_nodes(level, row * BLOCK, (row + 1) * BLOCK))
