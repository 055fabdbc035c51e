"""A little of `python -m tests.trust.sealed`: one document of the longest template, and copies of it that were changed."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from random import Random
from typing import Any

import pikepdf
import pytest

from tests.agreements import frozen, tagged
from tests.trust import sealed

Made = tuple[dict[str, Any], bytes]


@pytest.fixture(scope="module")
def document() -> Made:
    return frozen.made("cjis-iea", 2)


def test_strangers_tools_find_nothing_wrong_with_a_sealed_document(document: Made) -> None:
    assert list(sealed.faults(*document)) == []


def test_no_changed_copy_is_taken_for_ours(document: Made) -> None:
    assert list(sealed.passed(document[1], 8, Random(7))) == []


def _no_scope(pdf: pikepdf.Pdf) -> None:
    _of_kind(pdf, "/TH").A = pikepdf.Dictionary(O=pikepdf.Name.Table)


def _no_heads(pdf: pikepdf.Pdf) -> None:
    _of_kind(pdf, "/TD").A = pikepdf.Dictionary(O=pikepdf.Name.Table)


def _skipped(pdf: pikepdf.Pdf) -> None:
    _of_kind(pdf, "/H2").S = pikepdf.Name.H3


def _no_language(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Lang


def _dropped(pdf: pikepdf.Pdf) -> None:
    """A paragraph that is drawn and stands in no tag."""
    above = _of_kind(pdf, "/P").P
    above.K = pikepdf.Array([one for one in above.K if one.S != "/P"])


def _of_kind(pdf: pikepdf.Pdf, kind: str) -> Any:
    return next(one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and one.get("/S") == kind)


WRONG: dict[Callable[[pikepdf.Pdf], None], str] = {
    _no_scope: "does not say what it heads", _no_heads: "has no header", _skipped: "skips a level",
    _no_language: "names no language", _dropped: "text that no tag holds",
}  # fmt: skip


@pytest.mark.parametrize("spoil", list(WRONG))
def test_the_check_of_tags_sees_what_it_is_for(spoil: Callable[[pikepdf.Pdf], None], document: Made) -> None:
    with pikepdf.open(BytesIO(document[1])) as pdf:
        spoil(pdf)
        out = BytesIO()
        pdf.save(out)
    assert any(WRONG[spoil] in said for said in tagged.problems(out.getvalue()))
