"""A sample of tests.trust.alterations in which every byte is altered: one bit of each, and each row."""

from __future__ import annotations

import functools
from io import BytesIO

import pytest

from audit import verify
from tests.trust.alterations import Place, Trial

SHARDS = 40


@functools.cache
def trial() -> Trial:
    return Trial(compact=True)


@functools.cache
def places() -> list[Place]:
    """Every byte of every member, and of the container what is not the long members' own, which its sums cover."""
    parts = verify.Zip(BytesIO(trial().container)).parts
    long = [range(at, at + size) for at, size, _ in (parts["log/entries"], parts["log/others"])]
    return [
        (name, at)
        for name, at in trial().places()
        if name or at % 5 == 0 or not any(at in each for each in long)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_byte_can_be_altered_unseen(shard: int) -> None:
    unseen: list[str] = []
    for number, place in enumerate(places()[shard::SHARDS]):
        unseen += trial().flipped(place, [(number * 5 + shard) % 8])
    assert unseen == []


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS // 4))
def test_no_truncation_goes_unseen(shard: int) -> None:
    tried = [
        (name, at)
        for name, at in trial().places()
        if at % 11 == 0 or name not in ("log/entries", "log/others")
    ]
    assert [words for place in tried[shard :: SHARDS // 4] for words in trial().cut(place)] == []


def test_no_row_can_be_deleted_doubled_or_swapped_unseen() -> None:
    count, unseen = trial().unseen_rows()
    assert count > 1_000 and unseen == []
