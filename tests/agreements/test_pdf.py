"""The printed agreement: its text, its evidence, its limits and its store."""

import io
import os
import re
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreements import pdf
from agreements.document import digest, structure
from agreements.pdf import press
from agreements.pdf.printing import grouped, stylesheet
from tests.agreements.sample import DA, PD, provision, sample_content

SIGNED = datetime(2026, 10, 2, 20, 3, 11, tzinfo=UTC)
URL = "https://concordat.example/verify/"


def signature(party: str, agency: str, name: str, event: int) -> pdf.SignatureFact:
    return pdf.SignatureFact(
        party, agency, name, "Chief of Police", "Riverton Municipal Code 2.24.030", f"I sign this for {agency}.",
        "password, asked again at signing", SIGNED, "America/Denver", event,
    )  # fmt: skip


def signed(content: dict[str, Any]) -> dict[str, Any]:
    events = (pdf.EventFact(412, SIGNED, "Elena Marsh signed for Riverton PD"),)
    return {
        "sha256": digest(content), "number": 3, "verify_url": URL, "evidence": pdf.EvidenceFact(SIGNED, SIGNED, events),
        "signatures": [signature(PD, "Riverton PD", "Elena Marsh", 412), signature(DA, "Mesa County DA", "Priya Nair", 415)],
    }  # fmt: skip


def words(content: bytes) -> str:
    return " ".join(
        " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages).split()
    )


@pytest.fixture(scope="module")
def printed() -> bytes:
    content = sample_content()
    return pdf.render(content, **signed(content))


def test_every_word_of_the_frozen_text_is_in_the_pdf(printed: bytes) -> None:
    found = re.sub(r"\W+", "", words(printed))
    document = structure(sample_content())
    texts = [p.heading for s in document.sections for p in s.provisions]
    texts += [re.sub(r"<[^>]*>", " ", p.html) for s in document.sections for p in s.provisions]
    texts += [cell for row in document.parties.rows for cell in row]
    texts += [cell for s in document.schedules for t in s.tables for row in t.rows for cell in row]
    texts += [
        item
        for s in document.schedules
        for d in s.datasets
        for f in d.flows
        for _, cell in f.rows
        for item in cell
    ]
    for text in texts:
        for piece in re.split(r"\s{2,}|\n", text):
            assert all(re.sub(r"\W+", "", word) in found for word in piece.split()), piece


def test_the_pdf_names_signers_hash_and_events(printed: bytes) -> None:
    text = words(printed)
    assert (
        "Signed electronically by Elena Marsh, Chief of Police, for Riverton PD on 2 Oct 2026 14:03 (MDT)"
        in text
    )
    assert "2026-10-02 20:03:11 UTC" in text and "password, asked again at signing" in text
    assert "event 412" in text and "I sign this for Mesa County DA." in text and URL in text
    assert digest(sample_content()) in text.replace(" ", "")
    assert f"Page 1 of {len(pypdf.PdfReader(io.BytesIO(printed)).pages)}" in text


def test_the_pdf_is_tagged_titled_bookmarked_and_embeds_its_fonts(printed: bytes) -> None:
    reader = pypdf.PdfReader(io.BytesIO(printed))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/StructTreeRoot"] and root["/Lang"] == "en"
    assert reader.metadata and reader.metadata.title == "IEA-2026-0042 Criminal justice information exchange"
    assert len(reader.outline) >= 1
    pages: list[Any] = list(reader.pages)
    fonts = [font.get_object() for page in pages for font in page["/Resources"]["/Font"].values()]
    for font in fonts:
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        assert "/FontFile2" in inner["/FontDescriptor"] or "/FontFile3" in inner["/FontDescriptor"]


def test_the_same_input_gives_identical_bytes_even_from_another_process(printed: bytes) -> None:
    content = sample_content()
    other = press.Press()
    try:
        assert other.render(pdf.html(content, **signed(content)), stylesheet()) == printed
    finally:
        other.close()


def test_an_unsigned_copy_says_so() -> None:
    text = pdf.html(sample_content(), sha256="0" * 64, number=1)
    assert "unsigned copy" in text and "Evidence of signing" not in text and "not yet signed" in text


def test_braces_and_markup_of_users_are_printed_literally() -> None:
    content = sample_content(
        provisions=[provision("1", "P", "{{ 7*7 }}", "{% now %} ${x} <script>y</script>")]
    )
    text = words(pdf.render(content, sha256=digest(content), number=1))
    assert "{{ 7*7 }}" in text and "{% now %} ${x} <script>y</script>" in text


def test_memory_and_waiting_time_are_limited() -> None:
    for limited in (press.Press(memory=200 << 20), press.Press(wall=0.5)):
        try:
            with pytest.raises(pdf.RenderFailed):
                limited.render("<p>" + "<div>word </div>" * 30_000, "")
        finally:
            limited.close()


def test_a_killed_press_is_started_again() -> None:
    own = press.Press()
    try:
        assert own.render("<p lang=en>one</p>", "").startswith(b"%PDF")
        assert own._process is not None
        os.kill(own._process.pid, signal.SIGKILL)
        own._process.wait()
        assert own.render("<p lang=en>two</p>", "").startswith(b"%PDF")
    finally:
        own.close()


def test_the_press_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    assert "secret" not in str(press.Press().environment())


def test_the_shared_press_is_stopped_at_the_end() -> None:
    press.shared().close()
    assert press.shared()._process is None


def test_a_run_of_tests_prints_the_same_paper_once(printed: bytes) -> None:
    press.shared().close()
    content = sample_content()
    assert pdf.render(content, **signed(content)) == printed
    assert press.shared()._process is None


@settings(max_examples=20)
@given(content=st.binary(max_size=2_000))
def test_stored_documents_come_back_byte_for_byte(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("documents")
    first, second = pdf.store(content, root), pdf.store(content, root)
    assert first == second and pdf.load(first.sha256, root) == content
    assert [path for path in root.rglob("*") if path.is_file()] == [root / first.path]


def test_a_changed_or_missing_document_is_noticed(tmp_path: Path) -> None:
    stored = pdf.store(b"%PDF one", tmp_path)
    (tmp_path / stored.path).chmod(0o600)
    (tmp_path / stored.path).write_bytes(b"%PDF two")
    for sha256 in (stored.sha256, "0" * 64, "../../etc/passwd"):
        with pytest.raises(pdf.DocumentMissing):
            pdf.load(sha256, tmp_path)
    pdf.store(b"%PDF one", tmp_path)
    assert pdf.load(stored.sha256, tmp_path) == b"%PDF one"


def test_a_hash_is_shown_in_groups_of_four() -> None:
    assert grouped("abcd1234ef") == "abcd 1234 ef"
