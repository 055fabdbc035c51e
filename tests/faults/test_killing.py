"""The full size of the fault programme, for `make faults`."""

import subprocess
import sys

import pytest


@pytest.mark.timeout(2400)
def test_fifty_killed_workers_neither_lose_nor_double_anything(capfd: pytest.CaptureFixture[str]) -> None:
    with capfd.disabled():
        done = subprocess.run([sys.executable, "-m", "tests.faults"], check=False)
    assert done.returncode == 0
