"""A stranger follows the README inside a dossier, with Python and openssl and nothing else: each command works."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from audit import bundle
from tests.trust.paper import KEY, Paper

README = bundle.SHIPPED["README.txt"].read_text(encoding="ascii")
COMMANDS = [line[4:] for line in README.splitlines() if re.match(r"    (python3|openssl) ", line)]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the dossier, what the stranger holds, and a PATH with two programs."""
    paper = Paper()
    paper.fill(20)
    paper.conclude()
    (tmp_path / "DOSSIER.zip").write_bytes(paper.dossier(heads=[paper.head(9)]))
    (tmp_path / "held.txt").write_text(f"Dear all,\n\n{paper.head(9)}\nYours", encoding="utf-8")
    (tmp_path / "key.txt").write_text(KEY, encoding="ascii")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    openssl = shutil.which("openssl")
    assert openssl
    (tmp_path / "bin" / "openssl").symlink_to(openssl)
    return tmp_path


def run(command: str, place: Path, folder: str = "DOSSIER") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(place / "bin")}
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=place / folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_each_command_as_printed_works(place: Path) -> None:
    unpack = "python3 -m zipfile -e DOSSIER.zip DOSSIER"
    assert unpack in README and run(unpack, place, ".").returncode == 0
    assert (place / "DOSSIER" / "README.txt").read_text(encoding="ascii") == README
    said = [run(command, place) for command in COMMANDS]
    verdicts = [
        done.returncode for done, command in zip(said, COMMANDS, strict=True) if " verify.py ." in command
    ]
    assert verdicts == [2, 0, 0]
    assert all(done.returncode == 0 for done in said[3:]), said
    assert not any(done.stderr for done in said), said
    words = "".join(done.stdout for done in said)
    with ZipFile(place / "DOSSIER.zip") as container:
        entry = container.read("log/entries").splitlines()[-1].split(b" ", 2)[2]
        manifest, verifier = container.read("MANIFEST"), container.read("verify.py")
    for expected in (
        "Signature Verified Successfully",
        sha256(b"\0" + entry).hexdigest(),
        sha256(manifest).hexdigest(),
        sha256(verifier).hexdigest(),
    ):
        assert expected in words
    assert sha256(manifest).hexdigest().encode() in entry
    assert run("python3 -I -S verify.py . --head ../held.txt", place).returncode == 0, (
        "the commands changed nothing"
    )


def test_the_readme_fits_every_screen_and_names_every_exit_code() -> None:
    assert README.isascii() and len(COMMANDS) == 12
    assert all(len(line) <= 120 for line in README.splitlines() if not line.startswith("    "))
    assert all(f"(exit code {code})" in README for code in (0, 1, 2))


def test_sha256sum_agrees_with_the_list(place: Path) -> None:
    with ZipFile(place / "DOSSIER.zip") as container:
        container.extractall(place / "DOSSIER")
    done = subprocess.run(
        ["sha256sum", "-c", "MANIFEST"], cwd=place / "DOSSIER", capture_output=True, check=False
    )
    assert done.returncode == 0
