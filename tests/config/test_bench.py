"""The check itself: it fails, and does not skip, where an engine cannot start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import setup

HOME = Path(__file__).resolve().parents[2]
OUTER = {"CONCORDAT_TEST_ENGINES", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_CURRENT_TEST"}
"""What a run inside this one is not told. It keeps the name of its worker: the cache it empties is that worker's."""


def run_tests(target: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name not in OUTER} | environ
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", target]
    return subprocess.run(command, cwd=HOME, env=env, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("engine", ["PGBIN", "VALKEY_SERVER"])
def test_a_missing_engine_fails_the_run(engine: str) -> None:
    done = run_tests("tests/config/test_settings.py", **{engine: "/nowhere"})
    assert done.returncode == 1
    assert "The tests need PostgreSQL and Valkey" in done.stderr


def test_a_skipped_test_fails_the_run(tmp_path: Path) -> None:
    skipping = HOME / "tests" / "config" / "skipping_sample.py"
    done = run_tests(str(skipping), CONCORDAT_TEST_ENGINES="up", VAR_DIR=str(tmp_path))
    assert "1 skipped" in done.stdout, done.stdout
    assert done.returncode == 1


def test_missing_system_packages_are_named_to_those_who_may_not_install_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(setup, "as_root", lambda: None)
    monkeypatch.setattr(setup, "loads", lambda library: False)
    monkeypatch.setattr("config.setup.shutil.which", lambda name: None)
    with pytest.raises(setup.Unready) as missing:
        setup.system_packages("test")
    for package in (
        *setup.PDF_PACKAGES,
        "chromium",
        "poppler-utils",
        "qpdf",
        "softhsm2",
        "libreoffice-writer-nogui",
    ):
        assert package in str(missing.value)


@pytest.mark.parametrize("lists", [True, False])
def test_where_there_is_no_browser_the_shell_alone_is_taken_if_it_is_to_be_had(
    lists: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, code in {"apt-get": 0, "apt-cache": 0 if lists else 100}.items():
        (tmp_path / name).write_text(f'#!/bin/sh\necho "$0 $@" >> {tmp_path}/asked\nexit {code}\n')
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(setup, "as_root", list)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    setup.apt([setup.SHELL, "qpdf"])
    wanted = "chromium-headless-shell qpdf" if lists else "chromium qpdf"
    assert (tmp_path / "asked").read_text().endswith(f"--no-install-recommends {wanted}\n")


def test_nothing_is_installed_where_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "apt", lambda packages: pytest.fail(f"would install {packages}"))
    setup.system_packages("test")


def test_no_registry_address_is_written_into_the_requirements() -> None:
    for file in (HOME / "requirements").glob("*.txt"):
        assert "://" not in file.read_text()
        assert "--hash=sha256:" in file.read_text()
