"""Run by test_bench.py on its own: a test that skips itself."""

import pytest


def test_that_nobody_runs() -> None:
    pytest.skip("nobody runs this")
