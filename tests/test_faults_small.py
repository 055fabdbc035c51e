"""The fault programme at a twentieth of its size."""

import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_workers_neither_lose_nor_double_anything() -> None:
    command = [sys.executable, "-m", "tests.faults", "--small"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 documents, 20 reminders due" in done.stdout
