"""docs/verifying.md is true: its commands, as printed, accept the final document and refuse a changed one."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site

from agreements import pdf
from agreements.models import SealedDocument
from tests import builders
from tests.builders import World, again
from tests.notarising import sealed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def commands() -> str:
    """All that the page prints to be typed, in its order."""
    page = (Path(site.BASE_DIR) / "docs" / "verifying.md").read_text(encoding="utf-8")
    return "\n".join(re.findall(r"```sh\n(.*?)```", page, re.S))


def typed(folder: Path, final: bytes, certificates: str) -> str:
    """What the commands say of a file."""
    folder.mkdir()
    (folder / "final.pdf").write_bytes(final)
    (folder / "seal.pem").write_text(certificates, encoding="ascii")
    done = subprocess.run(["sh", "-c", commands()], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_the_commands_as_printed_accept_the_document_and_nothing_else(
    made: World, settings: Any, tmp_path: Path
) -> None:
    agreement = builders.executed(made)
    sealed(agreement)
    row = SealedDocument.objects.select_related("certificate", "version").get()
    final = pdf.load(row.sha256, Path(settings.DOCUMENTS))
    said = typed(tmp_path / "good", final, row.certificate.pem)
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "CMS Verification successful" in said
    assert "the seal covers the whole file" in said
    assert row.sha256 in said
    assert row.version.sha256 in said
    assert row.certificate.sha256.upper() in said.replace(":", "")
    changed = bytearray(final)
    changed[len(final) // 3] ^= 1
    said = typed(tmp_path / "changed", bytes(changed), row.certificate.pem)
    assert "CMS Verification successful" not in said
    said = typed(tmp_path / "longer", final + b"% more", row.certificate.pem)
    assert "the seal covers the whole file" not in said
    other = builders.executed(made)
    assert again(other).frozen != row.version
