"""The fault programmes at a small size."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

pytestmark = pytest.mark.usefixtures("migrated_once")

PROGRAMMES = {
    # killed workers neither lose nor double anything
    "tests.faults": (300, ["10 documents, 20 reminders due"]),
    # a killed database leaves no gap in the log and loses nothing acknowledged
    "tests.faults.appending": (600, ["2 kills of PostgreSQL"]),
    # a restored backup is refused until it is declared, and mails nothing twice
    "tests.faults.restore": (900, ["2 refused, 2 declared and verified", ", 0 sent again"]),
}
"""Each with the seconds it may take and what it must say. They wait much of their time, so they run side by side."""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_whatever_is_killed_or_put_back_nothing_is_lost_and_nothing_done_twice() -> None:
    with ThreadPoolExecutor(len(PROGRAMMES)) as side_by_side:
        ended = list(side_by_side.map(_run, PROGRAMMES))
    for done, (_, said) in zip(ended, PROGRAMMES.values(), strict=True):
        assert done.returncode == 0, f"{done.args}\n{done.stdout}{done.stderr}"
        assert all(words in done.stdout for words in said), done.stdout


def _run(programme: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", programme, "--small"]
    seconds, _ = PROGRAMMES[programme]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
