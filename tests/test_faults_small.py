"""The fault programmes at a small size."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.usefixtures("migrated_once")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_workers_neither_lose_nor_double_anything() -> None:
    command = [sys.executable, "-m", "tests.faults", "--small"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 documents, 20 reminders due" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_database_leaves_no_gap_in_the_log_and_loses_nothing_acknowledged() -> None:
    command = [sys.executable, "-m", "tests.faults.appending", "--small"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 kills of PostgreSQL" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_restored_backup_is_refused_until_it_is_declared_and_mails_nothing_twice() -> None:
    command = [sys.executable, "-m", "tests.faults.restore", "--small"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 refused, 2 declared and verified" in done.stdout and ", 0 sent again" in done.stdout
