"""A cluster of PostgreSQL is made once in a run of the tests, and copied where its making is not the subject."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

from config import child
from config.engines import postgres

PLACE = "CONCORDAT_TEST_CLUSTERS"
"""Names the directory in which it is kept, for programmes that are started apart."""


def placed(data: Path) -> None:
    """A cluster that was never started where a server is to begin; it makes its own where there is no run of tests."""
    if not (place := os.environ.get(PLACE)):
        return
    made = Path(place) / "cluster"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        postgres.initialise(made, child.account(postgres.binaries() / "postgres", made))
    postgres.make_var_dir(data.parent)
    subprocess.run(["cp", "-a", "--reflink=auto", str(made), str(data)], check=True)
