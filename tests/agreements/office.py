"""LibreOffice as a reader of what we write: a program apart from ours that opens, keeps and saves Word files."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

LIMIT = 120
"""Seconds for one run; it takes three on a free machine."""


def converted(files: Mapping[str, bytes], format: str, folder: Path) -> dict[str, bytes]:
    """Each file as LibreOffice saves it in another format ("docx", "odt"), by the first part of its name.

    One process with a profile of its own below `folder`; ended with its children if it takes too long.
    """
    program = shutil.which("soffice")
    assert program, "LibreOffice is missing: `make test` installs libreoffice-writer-nogui."
    given, made = folder / f"to-{format}", folder / f"as-{format}"
    given.mkdir()
    for name, content in files.items():
        (given / name).write_bytes(content)
    command = [program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore",
               "--convert-to", format, "--outdir", made, *given.iterdir()]  # fmt: skip
    _run(command)
    found = {path.stem: path.read_bytes() for path in made.iterdir()}
    assert found.keys() == {Path(name).stem for name in files}, f"Not every file was saved as .{format}."
    return found


def _run(command: list[str | Path]) -> None:
    # `soffice` is a script around the program proper: both are in a group that is ended as one.
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        said, _ = running.communicate(timeout=LIMIT)
    except BaseException:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        raise
    assert running.returncode == 0, said.decode(errors="replace")
