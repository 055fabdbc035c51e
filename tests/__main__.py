"""`make test`: every check, each with its time; all are run, and one that fails fails the whole."""

import os
import secrets
import subprocess
import sys
import time
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
MANAGE = (sys.executable, "manage.py")
QUICK: list[tuple[str, tuple[str | Path, ...], dict[str, str]]] = [
    ("ruff", (BIN / "ruff", "check", "--quiet", "."), {}),
    ("format", (BIN / "ruff", "format", "--check", "--quiet", "."), {}),
    ("layers", (BIN / "lint-imports",), {}),
    ("types", (BIN / "mypy", *PACKAGES), EMBEDDED),
    ("migrations", (*MANAGE, "makemigrations", "--check", "--dry-run"), EMBEDDED),
    ("deployment", (*MANAGE, "check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
    (
        "compose",
        (BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"),
        {},
    ),
    ("dockerfile", (BIN / "hadolint", "Dockerfile"), {}),
]
TESTS = [
    (
        "tests",
        (
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "2",
            "--dist",
            "worksteal",
            "-q",
            "--durations=40",
            "--durations-min=2",
        ),
        {},
    )
]


def main(quick: bool) -> int:
    """Runs the steps in order; returns the exit code."""
    failed = [
        name for name, command, env in QUICK + ([] if quick else TESTS) if not passes(name, command, env)
    ]
    print(f"Failed: {', '.join(failed)}" if failed else "Everything passed.")
    return bool(failed)


def passes(name: str, command: tuple[str | Path, ...], env: dict[str, str]) -> bool:
    """Runs one step, shows what it says if it fails (the tests: always), and its time."""
    print(f"{name} ...", flush=True)
    began = time.monotonic()
    quiet = name != "tests"
    done = subprocess.run(
        [str(part) for part in command],
        cwd=HOME,
        env={**clean(), **env},
        capture_output=quiet,
        text=True,
        check=False,
    )
    if done.returncode and quiet:
        print(done.stdout, done.stderr, sep="\n", flush=True)
    print(
        f"{name}: {'failed' if done.returncode else 'passed'} ({time.monotonic() - began:.1f} s)", flush=True
    )
    return done.returncode == 0


def clean() -> dict[str, str]:
    """Our environment without a deployment's settings, which are no business of the checks."""
    ours = {*PRODUCTION, "EMAIL_URL", "DEBUG", "DOCUMENTS", "VAR_DIR", "PORT", "BIND", "DEMO"}
    return {name: value for name, value in os.environ.items() if name not in ours}


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv[1:]))
