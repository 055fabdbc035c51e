"""Directories in which the embedded engines can run, as root too."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.addresses import socket_dir
from tests import clusters


@pytest.fixture
def var() -> Iterator[Path]:
    """A VAR_DIR below a directory that others may pass through: pytest's own are closed to `nobody`."""
    above = Path(tempfile.mkdtemp(prefix="concordat-var-"))
    above.chmod(0o711)
    yield above / "var"
    shutil.rmtree(socket_dir(above / "var"), ignore_errors=True)
    shutil.rmtree(above, ignore_errors=True)


@pytest.fixture
def cluster(var: Path) -> None:
    """PostgreSQL's cluster is there already: its making is not the subject."""
    clusters.placed(var / "postgres")
