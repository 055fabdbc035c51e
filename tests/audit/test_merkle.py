"""The tree is the one of RFC 6962, whichever way it is grown."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import edge, leaf, node, root, root_of

ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first 0 to 8 entries, as other implementations of RFC 6962 publish them."""


def by_the_book(entries: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word: split at the largest power of two below the size."""
    if len(entries) < 2:
        return leaf(entries[0]) if entries else sha256().digest()
    half = 1 << (len(entries) - 1).bit_length() - 1
    return node(by_the_book(entries[:half]), by_the_book(entries[half:]))


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_the_published_ones(size: int) -> None:
    assert root(map(leaf, ENTRIES[:size])).hex() == ROOTS[size]


@given(st.lists(st.binary(max_size=8), max_size=70), st.integers(0, 70))
def test_a_kept_edge_goes_on_to_the_same_root(entries: list[bytes], cut: int) -> None:
    kept = edge(map(leaf, entries[:cut]))
    assert root_of(edge(map(leaf, entries[cut:]), kept)) == by_the_book(entries)
    assert len(kept) <= 7
