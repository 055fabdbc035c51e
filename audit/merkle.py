"""The Merkle tree over the log's entries (RFC 6962 section 2.1). Pure, standard library only."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256


def leaf(body: bytes) -> bytes:
    """The hash of an entry: the byte 00 keeps it apart from the hash of a node."""
    return sha256(b"\x00" + body).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash over two neighbouring subtrees."""
    return sha256(b"\x01" + left + right).digest()


def edge(leaves: Iterable[bytes], begun: Iterable[tuple[int, bytes]] = ()) -> list[tuple[int, bytes]]:
    """The right edge after `leaves`: (entries, hash) of each full subtree, largest first.

    `begun` is an edge kept from earlier, to go on from; a log of n entries has at most log2(n) + 1 of them.
    """
    subtrees = list(begun)
    for added in leaves:
        size, digest = 1, added
        while subtrees and subtrees[-1][0] == size:
            digest = node(subtrees.pop()[1], digest)
            size *= 2
        subtrees.append((size, digest))
    return subtrees


def root_of(subtrees: Iterable[tuple[int, bytes]]) -> bytes:
    """The root above a right edge; of an empty log, the hash of nothing."""
    digests = [digest for _, digest in subtrees]
    if not digests:
        return sha256(b"").digest()
    found = digests.pop()
    while digests:
        found = node(digests.pop(), found)
    return found


def root(leaves: Iterable[bytes]) -> bytes:
    """The root of a log given its leaf hashes in order; reads them once, in constant memory."""
    return root_of(edge(leaves))


Hashes = Callable[[int, int], bytes]
"""The hash over entries lo <= i < hi of a log (RFC 6962's MTH(D[lo:hi])), for ranges that a proof names."""


def split(size: int) -> int:
    """The largest power of two below `size`: where a tree of two or more entries divides."""
    return 1 << (size - 1).bit_length() - 1


def consistency(old: int, new: int, hashes: Hashes) -> list[bytes]:
    """The hashes that show the log of `new` entries to begin with that of `old` (RFC 6962 section 2.1.2)."""
    if not 0 < old <= new:
        raise ValueError("A log is shown consistent with an earlier state of itself that has entries.")
    return [] if old == new else _consistency(old, 0, new, hashes, whole=True)


def _consistency(old: int, lo: int, hi: int, hashes: Hashes, *, whole: bool) -> list[bytes]:
    if old == hi - lo:
        return [] if whole else [hashes(lo, hi)]
    middle = split(hi - lo)
    if old <= middle:
        return [*_consistency(old, lo, lo + middle, hashes, whole=whole), hashes(lo + middle, hi)]
    return [*_consistency(old - middle, lo + middle, hi, hashes, whole=False), hashes(lo, lo + middle)]


def others(known: Sequence[int], size: int, hashes: Hashes) -> Iterator[bytes]:
    """What is needed beside the leaves at `known` (ascending, from 0) to reckon the root of `size` entries.

    The hashes of the largest subtrees that hold none of them, from left to right: one proof for many entries.
    """
    waiting = [(0, size, 0, len(known))] if size else []
    while waiting:
        lo, hi, first, last = waiting.pop()
        if first == last:
            yield hashes(lo, hi)
        elif hi - lo > 1:
            middle = lo + split(hi - lo)
            cut = bisect_left(known, middle, first, last)
            waiting += [(middle, hi, cut, last), (lo, middle, first, cut)]


def path(place: int, size: int, hashes: Hashes) -> list[bytes]:
    """The hashes that show one entry (from 0) to be in the log of `size`, its neighbour's first (RFC 6962 2.1.1)."""
    if not 0 <= place < size:
        raise ValueError("The log has no such entry.")
    lo, hi, found = 0, size, []
    while hi - lo > 1:
        middle = lo + split(hi - lo)
        if place < middle:
            found.append(hashes(middle, hi))
            hi = middle
        else:
            found.append(hashes(lo, middle))
            lo = middle
    return found[::-1]
