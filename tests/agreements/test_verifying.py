"""Whether a document is genuine, asked by anybody: page, API, command, and nothing that tells more than the document."""

from __future__ import annotations

from io import BytesIO, StringIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client

from agreements import codes, pdf, verifying
from agreements.models import Agreement, SealedDocument
from agreements.operations import ending
from audit import guards
from common.limits import TRIES
from tests import builders
from tests.agreements.pages import text
from tests.agreements.test_signed_outside import turned
from tests.builders import NOW, World, again
from tests.notarising import kept, sealed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
CANARY = "Case records nobody else may read"


@pytest.fixture(autouse=True)
def _uncounted() -> None:
    cache.clear()


@pytest.fixture
def done(made: World) -> Agreement:
    """An executed agreement with its final document; a word in its title and text must never be told."""
    agreement = builders.executed(made, title=CANARY)
    kept(agreement, bearing(agreement))
    return again(agreement)


def bearing(agreement: Agreement) -> bytes:
    """Bytes that bear the agreement's code as its final document does."""
    code = codes.of(agreement.frozen.sha256)  # type: ignore[union-attr]
    return (
        b"%PDF-1.7\n"
        + bytes(range(256)) * 20
        + f"/ContactInfo (http://x/verify/ {codes.MARK}{code})".encode()
    )


@pytest.fixture
def printed(made: World) -> Agreement:
    """An executed agreement with its true final document."""
    agreement = builders.executed(made, title=CANARY)
    sealed(agreement)
    return again(agreement)


def final(agreement: Agreement, settings: Any) -> bytes:
    return pdf.load(SealedDocument.objects.get(agreement=agreement).sha256, Path(settings.DOCUMENTS))


def shown(file: bytes) -> Any:
    """The page's answer to a file."""
    return Client().post("/verify/", {"file": SimpleUploadedFile("a.pdf", file, "application/pdf")})


def typed(code: str) -> Any:
    return Client().post("/verify/", {"code": code})


def test_the_document_itself_is_genuine_and_says_who_signed_and_when(done: Agreement, settings: Any) -> None:
    answer = shown(final(done, settings))
    said = text(answer)
    assert answer.status_code == 200
    for words in (
        "Genuine and unchanged",
        done.reference,
        "Riverton Police Department",
        "Mesa County District Attorney",
        "2 Mar 2026",
    ):
        assert words in said
    assert CANARY not in answer.content.decode()
    assert "Riverton Signatory" not in said


def test_the_printed_code_is_known_however_it_is_typed(done: Agreement, settings: Any) -> None:
    row = SealedDocument.objects.get()
    printed = codes.grouped(row.code)
    with_it = pdf.html(
        done.frozen.content,
        sha256=done.frozen.sha256,
        number=1,
        verify_code=printed,
        evidence=pdf.EvidenceFact(),
    )  # type: ignore[union-attr]
    assert printed in with_it
    for code in (
        printed,
        row.code,
        printed.lower(),
        printed.replace("-", " "),
        printed.replace("0", "O").replace("1", "l"),
    ):
        said = text(typed(code))
        assert "This code belongs to a document made here" in said
        assert done.reference in said
    wrong = "".join(codes.ALPHABET[(codes.ALPHABET.index(row.code[0]) + 1) % 32]) + row.code[1:]
    assert typed(wrong).status_code == 404
    assert text(typed("too short")).count(codes.grouped("0" * 26)) == 0
    assert typed("too short").status_code == 422
    assert Client().post("/verify/", {}).status_code == 422


def test_a_flipped_byte_or_an_update_is_never_genuine(printed: Agreement, settings: Any) -> None:
    """The place in the code itself makes it unknown; every other one makes it a changed document."""
    file, random = final(printed, settings), Random(5)
    states = []
    for _ in range(100):
        other = bytearray(file)
        other[random.randrange(len(file))] ^= 1 << random.randrange(8)
        states.append(verifying.of_file(bytes(other), now=NOW).state)
    assert verifying.GENUINE not in states
    assert states.count(verifying.CHANGED) > 95
    for other in (turned(file), file + b"\n", file[:-1]):
        answer = shown(other)
        assert "Changed: this is not the document that was sealed" in text(answer)
        assert printed.reference in text(answer)


def test_what_is_unknown_is_answered_alike_and_never_opened(
    done: Agreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = shown(b"%PDF-1.7 " + b"A" * 3000)
    assert answer.status_code == 404
    assert "Not known here" in text(answer)
    assert done.reference not in text(answer)


def test_it_says_what_became_of_the_agreement_since(made: World, done: Agreement, settings: Any) -> None:
    file = final(done, settings)
    assert "In force" in text(shown(file)) or "Takes effect" in text(shown(file))
    ending.terminate(
        done, ground="mutual", reason="Over.", last_day=NOW.date(), actor=made.riverton_counsel, now=NOW
    )
    found = verifying.of_file(file, now=NOW.replace(month=5))
    assert (found.state, found.in_force, found.ended_on) == (verifying.GENUINE, False, NOW.date())
    later = builders.executed(made)
    with guards.lifted(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE agreements_agreement SET supersedes_id = %s WHERE id = %s", [done.pk, later.pk]
        )
    assert f"Superseded by {later.reference}" in text(shown(file))


def test_the_file_of_an_imported_agreement_is_its_document_of_record(made: World) -> None:
    agreement = builders.imported(made)
    said = text(shown(builders.OLD))
    assert "put in here as the agreement that was signed elsewhere" in said
    assert "20 Jun 2025" in said
    assert agreement.title not in said
    assert verifying.of_file(builders.OLD + b" ", now=NOW).state == verifying.UNKNOWN


def test_what_is_too_long_is_not_even_read(done: Agreement) -> None:
    for address in ("/verify/", "/api/v1/verify/"):
        answer = Client().generic(
            "POST", address, b"x", "multipart/form-data; boundary=a", CONTENT_LENGTH=str(10**10)
        )
        assert answer.status_code == 413


def test_programs_ask_without_an_account(done: Agreement, settings: Any) -> None:
    row, client = SealedDocument.objects.get(), Client()
    answer = client.post(
        "/api/v1/verify/", {"code": codes.grouped(row.code)}, content_type="application/json"
    )
    assert answer.status_code == 200
    said = answer.json()
    assert (said["state"], said["sha256"], said["reference"]) == ("genuine", row.sha256, done.reference)
    assert [one["agency"] for one in said["signatures"]] == [
        "Riverton Police Department",
        "Mesa County District Attorney",
    ]
    assert CANARY not in answer.content.decode()
    given = client.post("/api/v1/verify/", {"file": BytesIO(final(done, settings))})
    assert given.json()["state"] == "genuine"
    assert client.post("/api/v1/verify/", {}, content_type="application/json").status_code == 400
    assert client.get("/api/v1/verify/").status_code == 405


def test_one_address_asks_so_often_and_not_more(done: Agreement) -> None:
    code = SealedDocument.objects.get().code
    client = Client()
    told = [client.post("/verify/", {"code": code}).status_code for _ in range(TRIES + 1)]
    assert told == [200] * TRIES + [429]
    answer = client.post("/api/v1/verify/", {"code": code}, content_type="application/json")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]


def test_the_command_says_what_record_and_seal_say(printed: Agreement, settings: Any, tmp_path: Path) -> None:
    file, said = final(printed, settings), StringIO()
    (tmp_path / "final.pdf").write_bytes(file)
    call_command("verify_document", str(tmp_path / "final.pdf"), stdout=said)
    lines = said.getvalue().splitlines()
    assert lines[0].startswith("genuine: ")
    assert lines[-1].endswith("holds")
    (tmp_path / "other.pdf").write_bytes(turned(file))
    said = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_document", str(tmp_path / "other.pdf"), stdout=said)
    assert ended.value.code == 1
    assert "changed" in said.getvalue().splitlines()[-1]
    (tmp_path / "none.pdf").write_bytes(b"hello")
    with pytest.raises(SystemExit) as ended:
        call_command("verify_document", str(tmp_path / "none.pdf"), stdout=StringIO())
    assert ended.value.code == 2
