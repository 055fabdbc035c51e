"""The full size of the fault programmes, for `make faults`."""

import subprocess
import sys

import pytest


@pytest.mark.timeout(2400)
def test_fifty_killed_workers_neither_lose_nor_double_anything(capfd: pytest.CaptureFixture[str]) -> None:
    with capfd.disabled():
        done = subprocess.run([sys.executable, "-m", "tests.faults"], check=False)
    assert done.returncode == 0


@pytest.mark.timeout(3600)
def test_twenty_kills_of_the_database_leave_no_gap_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    with capfd.disabled():
        done = subprocess.run([sys.executable, "-m", "tests.faults.appending"], check=False)
    assert done.returncode == 0


@pytest.mark.timeout(3600)
def test_twenty_restores_are_refused_then_declared(capfd: pytest.CaptureFixture[str]) -> None:
    with capfd.disabled():
        done = subprocess.run([sys.executable, "-m", "tests.faults.restore"], check=False)
    assert done.returncode == 0


@pytest.mark.timeout(5400)
def test_kills_while_signing_and_sealing_lose_no_signature_and_leave_one_document(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with capfd.disabled():
        done = subprocess.run([sys.executable, "-m", "tests.faults.sealing"], check=False)
    assert done.returncode == 0
