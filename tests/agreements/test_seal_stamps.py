"""Time stamps on seals from an authority outside, what happens while it is away, and a key that stays on its token."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from agreements.models import SealCertificate, SealedDocument
from agreements.operations import sealing as operation
from agreements.pdf import keys, layout, sealing
from agreements.pdf.checking import checked
from common import outbox
from tests import builders, notarising
from tests.agreements import seals, tagged
from tests.audit.authority import Authority, serving
from tests.builders import NOW, World


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Authority, str]]:
    with serving(tmp_path_factory.mktemp("tsa")) as found:
        yield found


@pytest.fixture(scope="module")
def plain() -> bytes:
    page = f"<html lang=en><title>T</title>{seals.PAGE}"
    return layout.lay_out(page, "", [], operation.fields("B-LTA"))


def sealed(content: bytes, url: str, now: datetime, root: str = "") -> bytes:
    signer, chain = keys.installed(seals.place(), now=seals.NOW)
    archive = sealing.archive([chain.pem, root]) if root else None
    return sealing.sealed(
        content, signer, seals.WORDS, now=now, authority=sealing.Authority(url), archive=archive
    )


def test_a_stamped_seal_says_when_and_holds_without_knowing_the_authority(
    authority: tuple[Authority, str],
) -> None:
    now, root = datetime.now(UTC), (authority[0].folder / "root.pem").read_text()
    content = sealed(seals.plain(), authority[1], now)
    said = checked(content, roots=[seals.pem()], stamps=[root])
    assert said.holds and said.stamped_at and abs(said.stamped_at - now) < timedelta(seconds=60)
    unknown = checked(content, roots=[seals.pem()])
    assert unknown.holds and unknown.stamped_at is None
    stranger = checked(content, roots=[seals.pem()], stamps=[seals.pem()])
    assert not stranger.holds


def test_an_archive_seal_carries_what_checks_it_and_stays_tagged(
    authority: tuple[Authority, str], plain: bytes
) -> None:
    root = (authority[0].folder / "root.pem").read_text()
    content = sealed(plain, authority[1], datetime.now(UTC), root)
    said = checked(content, roots=[seals.pem()], stamps=[root])
    assert said.holds and said.stamped_at
    reader = PdfFileReader(BytesIO(content))
    assert [one.field_name for one in reader.embedded_timestamp_signatures] == [sealing.ARCHIVE]
    assert "/DSS" in reader.root
    assert [words for words in tagged.problems(content) if "bookmarks" not in words] == []
    for changed in (seals.turned(content), content + b"x"):
        assert not checked(changed, roots=[seals.pem()], stamps=[root]).holds


@pytest.mark.parametrize("fails", ["503", "nothing", "other question"])
def test_an_authority_that_fails_says_so(authority: tuple[Authority, str], fails: str) -> None:
    authority[0].fails = fails
    try:
        with pytest.raises(sealing.NoTimestamp):
            sealed(seals.plain(), authority[1], datetime.now(UTC))
    finally:
        authority[0].fails = ""


@pytest.mark.django_db
def test_while_the_authority_is_away_the_document_waits_half_an_hour_and_then_goes_without(
    made: World, settings: Any
) -> None:
    settings.TIMESTAMP_URL, settings.SEAL_LEVEL = "http://127.0.0.1:9/", "B-T"
    agreement = builders.executed(made)
    notarising.sign()
    job = {"agreement": str(agreement.pk)}
    later = operation.seal(job, now=NOW + timedelta(minutes=1))
    assert isinstance(later, outbox.Later) and later.at == NOW + timedelta(minutes=3)
    assert not SealedDocument.objects.exists()
    assert operation.seal(job, now=NOW + timedelta(minutes=31)) is None
    row = SealedDocument.objects.get()
    assert row.level == "B-B" and row.certificate == SealCertificate.objects.get()


LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")


def test_a_key_on_a_token_seals_and_never_leaves_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, own = keys.installed(keys.Place(tmp_path / "own", "Token"), now=seals.NOW)
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm.conf"))
    util = ("softhsm2-util", "--token", "seals", "--pin", "4711")
    subprocess.run(
        [*util, "--init-token", "--free", "--label", "seals", "--so-pin", "0815"],
        check=True,
        capture_output=True,
    )
    subprocess.run([*util, "--import", str(tmp_path / "own" / "seal.key"), "--label", "seal", "--id", "01"], check=True,
                   capture_output=True)  # fmt: skip
    (tmp_path / "chain.pem").write_text(own.pem)
    os.remove(tmp_path / "own" / "seal.key")
    place = keys.Place(tmp_path / "none", "Token", certificate=str(tmp_path / "chain.pem"), token=str(LIBRARY), label="seals",
                       key_label="seal", pin="4711")  # fmt: skip
    signer, chain = keys.installed(place, now=seals.NOW)
    content = sealing.sealed(seals.plain(), signer, seals.WORDS, now=seals.NOW)
    assert checked(content, roots=[chain.pem]).holds
