"""`make test`: every check, each with its time; all are run, and one that fails fails the whole."""

import os
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PACKAGES = ("common", "audit", "agencies", "agreements", "config")
EMBEDDED = {"CONCORDAT_ENV": "embedded"}
# A complete set of production settings; nothing is connected to.
PRODUCTION = {
    "CONCORDAT_ENV": "production",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "agreements.example.gov",
    "SITE_URL": "https://agreements.example.gov",
    "DATABASE_URL": "postgresql://concordat@db/concordat",
    "BROKER_URL": "redis://broker:6379/0",
    "TRUSTED_PROXIES": "10.0.0.0/8",
}
WORKERS = str(os.cpu_count() or 1)
"""One per processor keeps them busy: what a test waits for runs here too. Half as many again took 9 % more processor time
for the same tests, in each other's way."""
MANAGE = (sys.executable, "manage.py")
Step = tuple[tuple[str | Path, ...], dict[str, str]]
QUICK: dict[str, Step] = {
    "types": ((BIN / "mypy", *PACKAGES), EMBEDDED),
    "deployment": ((*MANAGE, "check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
    "migrations": ((*MANAGE, "makemigrations", "--check", "--dry-run"), EMBEDDED),
    "ruff": ((BIN / "ruff", "check", "--quiet", "."), {}),
    "format": ((BIN / "ruff", "format", "--check", "--quiet", "."), {}),
    "layers": ((BIN / "lint-imports",), {}),
    "compose": (
        (BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"),
        {},
    ),
    "dockerfile": ((BIN / "hadolint", "Dockerfile"), {}),
}
"""What each step is called, what it runs, and with which environment. The longest begins first."""
TESTS: dict[str, Step] = {
    "tests": ((sys.executable, "-m", "pytest", "-n", WORKERS, "--dist", "worksteal", "-q", "--durations=40", "--durations-min=2"), {}),
}  # fmt: skip


def main(quick: bool) -> int:
    """Runs the quick steps side by side, then the tests; returns the exit code."""
    with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
        passed = dict(zip(QUICK, side_by_side.map(passes, QUICK), strict=True))
    if not quick:
        passed |= {name: passes(name) for name in TESTS}
    failed = [name for name, well in passed.items() if not well]
    print(f"Failed: {', '.join(failed)}" if failed else "Everything passed.")
    return bool(failed)


def passes(name: str) -> bool:
    """Runs one step, shows what it says if it fails (the tests: always), and its time."""
    command, env = (QUICK | TESTS)[name]
    began, quiet = time.monotonic(), name in QUICK
    done = subprocess.run(
        [str(part) for part in command],
        cwd=HOME,
        env={**clean(), **env},
        capture_output=quiet,
        text=True,
        check=False,
    )
    said = f"{done.stdout}\n{done.stderr}\n" if done.returncode and quiet else ""
    how = "failed" if done.returncode else "passed"
    print(f"{said}{name}: {how} ({time.monotonic() - began:.1f} s)", flush=True)
    return done.returncode == 0


def clean() -> dict[str, str]:
    """Our environment without a deployment's settings, which are no business of the checks."""
    ours = {*PRODUCTION, "EMAIL_URL", "DEBUG", "DOCUMENTS", "VAR_DIR", "PORT", "BIND", "DEMO"}
    return {name: value for name, value in os.environ.items() if name not in ours}


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv[1:]))
