"""What is too long for a page is cut as Django cuts it."""

import pytest
from django.template.defaultfilters import truncatechars

from common.templatetags.ui import shortened


@pytest.mark.parametrize(
    "text", ["", "short", "x" * 12, "x" * 13, "e\u0301" * 12, "e\u0301" * 13, "q\u0301" * 9, "<b>" * 9]
)
def test_a_text_is_cut_where_django_cuts_it(text: str) -> None:
    assert shortened(text, 12) == truncatechars(text, 12)
