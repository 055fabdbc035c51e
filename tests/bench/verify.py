"""`python -m tests.bench.verify`: how long verify.py takes for 1,000,000 entries, and how much memory.

SIZE=... for another size. Each Python on the machine from 3.9 up is tried; pass their paths to try others.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import UUID

import django

os.environ.setdefault("CONCORDAT_ENV", "embedded")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from tests.trust.paper import AGREEMENT, Paper  # noqa: E402

HOME = Path(__file__).resolve().parent.parent.parent
VERIFY = HOME / "audit" / "verify.py"
MEASURED = """
import resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
took = time.perf_counter() - began
print(f"{took:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of processor, {used.ru_maxrss / 1024:.0f} MB:",
      "exit", done.returncode, done.stdout.splitlines()[-1] if done.stdout else done.stderr)
"""
STREAMS = 10_000


def pythons() -> list[str]:
    """Every Python from 3.9 up that this machine has, one path for each version."""
    places = [Path.home() / ".pyenv" / "versions", Path("/usr/bin"), Path("/usr/local/bin")]
    found: dict[str, str] = {}
    for place in places:
        pattern = "*/bin/python3" if place.name == "versions" else "python3.*"
        for path in sorted(place.glob(pattern)):
            if re.fullmatch(r"python3(\.\d+)?", path.name):
                found.setdefault(version(path), str(path))
    return [
        path
        for said, path in sorted(found.items(), key=lambda item: numbers(item[0]))
        if numbers(said) >= (3, 9)
    ]


def version(path: Path) -> str:
    """As it says itself."""
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    return said.stdout.removeprefix("Python ").strip()


def numbers(said: str) -> tuple[int, ...]:
    """3.11.7 as numbers."""
    return tuple(int(part) for part in re.findall(r"\d+", said)[:3])


def main() -> int:
    """Writes a dossier of that many entries and has it checked."""
    size = int(os.environ.get("SIZE", "1000000"))
    with tempfile.TemporaryDirectory(prefix="concordat-bench-") as directory:
        container, held = Path(directory) / "dossier.zip", Path(directory) / "held.txt"
        write(size, container, held)
        print(f"{size:,} entries, {container.stat().st_size / 1e6:.0f} MB", flush=True)
        for python in sys.argv[1:] or pythons():
            command = [python, "-I", "-S", str(VERIFY), str(container), "--head", str(held)]
            print(version(Path(python)), end=": ", flush=True)
            subprocess.run([sys.executable, "-c", MEASURED, *command], check=True)
    return 0


def write(size: int, container: Path, held: Path) -> None:
    """A dossier of a whole log, and a head held of its first half."""
    paper = Paper()
    paper.fill(
        size - 1, [AGREEMENT, *(UUID(int=number) for number in range(1 << 64, (1 << 64) + STREAMS - 1))]
    )
    paper.conclude()
    held.write_text(paper.head(size // 2), encoding="utf-8")
    with container.open("w+b") as target:
        paper.write(target)


if __name__ == "__main__":
    sys.exit(main())
