"""The Merkle tree over the log's entries (RFC 6962 section 2.1). Pure, standard library only."""

from __future__ import annotations

from collections.abc import Iterable
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
