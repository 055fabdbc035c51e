"""The tree of tags of a finished PDF, where a part of it is added or taken over."""

from __future__ import annotations

from pikepdf import Array, Object


def top(tree: Object) -> Object:
    """The tag that holds all others."""
    return tree.K[0] if isinstance(tree.K, Array) else tree.K


def next_number(tree: Object) -> int:
    """The first number that its tree of parents has not given to anything."""
    return 1 + max((int(each) for each in list(tree.ParentTree.Nums)[::2]), default=-1)
