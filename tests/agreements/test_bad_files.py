"""Files that are broken, hostile or huge get a clear answer; nothing is fetched, and the worker lives."""

from __future__ import annotations

import io
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pikepdf import Dictionary, Name

from agreements import outline, prose, textlayer
from agreements.models import Intake
from agreements.operations import importing, intake
from agreements.outline import UnreadableText
from tests import builders
from tests.agreements.papers import saved, scanned, word, written, zipped
from tests.builders import NOW, OLD

XML = "word/document.xml"
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>'
FETCHES = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>'


def with_part(name: str, content: bytes) -> bytes:
    """A sound Word file with one part put in or replaced."""
    out, source = io.BytesIO(), zipfile.ZipFile(io.BytesIO(word("Text.")))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in source.namelist():
            if part != name:
                archive.writestr(part, source.read(part))
        archive.writestr(name, content)
    return out.getvalue()


def behind_a_password(content: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return saved(pdf, encryption=pikepdf.Encryption(owner="owner", user="secret", R=6))


def with_action(content: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
        return saved(pdf)


BAD: dict[str, tuple[str, bytes, str]] = {
    "an entity bomb": ("a.docx", with_part(XML, LAUGHS), "declarations"),
    "an entity that reads a file": ("a.docx", with_part(XML, FETCHES), "declarations"),
    "a declaration in UTF-16": ("a.docx", with_part(XML, FETCHES.decode().encode("utf-16")), "declarations"),
    "a declaration behind 64 KB": ("a.docx", with_part(XML, b" " * 65_530 + FETCHES), "declarations"),
    "a declaration in styles": ("a.docx", with_part("word/styles.xml", LAUGHS), "declarations"),
    "a zip bomb": ("a.docx", with_part("word/media/a.bin", bytes(30_000_000)), "unpacks"),
    "macros": ("a.docx", with_part("word/vbaProject.bin", b"macro"), "macros"),
    "a ZIP of another kind": ("a.docx", zipped({"a.txt": b"a"}), "not a Word document"),
    "a file cut off": ("a.docx", word("Text.")[:900], "damaged"),
    "an old or protected file": ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password"),
    "a PDF with a password": ("a.pdf", behind_a_password(written("Text")), "password"),
    "a PDF that runs a program": ("a.pdf", with_action(written("Text")), "programs"),
    "a PDF cut off": ("a.pdf", written("Text " * 50)[:300], "damaged"),
    "noise called PDF": ("a.pdf", bytes(range(256)) * 40, "not a PDF"),
    "noise behind a PDF's first bytes": ("a.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 40, "damaged"),
    "noise called text": ("a.txt", bytes(range(256)) * 4, "not a text file"),
    "an empty text": ("a.txt", b" \n\t\n", "no text"),
    "another kind of file": ("a.exe", b"MZ", "Choose a .docx"),
    "no kind at all": ("agreement", b"words", "Choose a .docx"),
    "too long a text": ("a.txt", b"word " * 500_000, "larger than 2 MB"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_quickly_with_what_to_do(case: str) -> None:
    name, content, words = BAD[case]
    began = time.monotonic()
    with pytest.raises(UnreadableText, match=words):
        importing.read(content, name)
    assert time.monotonic() - began < 30


@pytest.mark.django_db
def test_the_page_and_the_api_answer_every_bad_file_with_words(settings: Any, tmp_path: Path) -> None:
    settings.DOCUMENTS = tmp_path
    made, client = builders.world(), Client()
    client.force_login(made.riverton_liaison)
    for name, content, words in BAD.values():
        if name.endswith(".pdf"):
            continue
        answer = client.post("/agreements/import/", {"file": SimpleUploadedFile(name, content)})
        assert answer.status_code == 400 and words in answer.content.decode(), name
    assert client.post("/agreements/import/", {}).status_code == 400
    assert client.post("/agreements/import/", {"file": SimpleUploadedFile("a.txt", b"")}).status_code == 400
    assert not Intake.objects.exists() and not any(tmp_path.iterdir())


def test_a_pdf_that_takes_too_long_ends_its_own_process_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child = tmp_path / "child.py"
    monkeypatch.setattr(textlayer, "_CHILD", child)
    monkeypatch.setattr(textlayer, "SECONDS", 1)
    for program in (
        "while True: pass",
        "import os; os.abort()",
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (10**8,) * 2); bytes(10**9)",
    ):
        child.write_text(program)
        with pytest.raises(UnreadableText, match="too much time or memory"):
            textlayer.read(written("Text " * 40))


def test_the_child_that_reads_a_pdf_gets_no_secret_of_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child = tmp_path / "child.py"
    child.write_text("import json, os; print(json.dumps({'pages': [' '.join(os.environ) + ' word' * 40]}))")
    monkeypatch.setattr(textlayer, "_CHILD", child)
    monkeypatch.setenv("SECRET_KEY", "secret")
    told = textlayer.read(written("Text " * 40)).text.split(" word")[0]
    assert set(told.split()) <= {"PATH", "HOME", "LD_LIBRARY_PATH", "LC_CTYPE"}


def test_a_pdf_bomb_stays_within_the_child_s_memory() -> None:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.pages[0].Contents = pdf.make_stream(b"q Q " * 60_000_000)
    with pytest.raises(UnreadableText):
        textlayer.read(saved(pdf, compress_streams=True))


def test_a_scan_is_told_apart_from_a_broken_file() -> None:
    with pytest.raises(textlayer.Scanned, match="scan"):
        textlayer.read(scanned())


def forty_thousand() -> str:
    lines = []
    for n in range(400):
        lines += [f"{n + 1}. SECTION {n + 1}", *(f"word{n} " * 12 for _ in range(8)), ""]
    return "\n".join(lines)


@pytest.mark.parametrize("kind", ["txt", "md", "docx"])
def test_forty_thousand_words_are_read_whole_and_soon(kind: str) -> None:
    text = forty_thousand()
    content = word(text) if kind == "docx" else text.encode()
    began = time.monotonic()
    provisions = importing.read(content, f"a.{kind}")
    assert time.monotonic() - began < 20
    found = Counter(
        w for row in provisions for w in f"{row['heading']} {row['text']}".split() if w.startswith("word")
    )
    assert sum(found.values()) == 400 * 96


@pytest.mark.django_db
def test_forty_thousand_words_become_a_record(settings: Any, tmp_path: Path) -> None:
    settings.DOCUMENTS = tmp_path
    made = builders.world()
    row = intake.take(
        forty_thousand().encode(), "long.txt", root=tmp_path, actor=made.riverton_liaison, now=NOW
    )
    client = Client()
    client.force_login(made.riverton_liaison)
    assert client.get(row.get_absolute_url()).status_code == 200
    agreement = builders.imported(made, data=forty_thousand().encode())
    assert agreement.provisions.count() == 400
    assert client.get(agreement.get_absolute_url()).status_code == 200


def test_right_to_left_text_is_kept_and_marks_that_turn_the_order_are_not() -> None:
    text = "1. TERM\nهذا الاتفاق ساري المفعول \u202egnp.exe\u202c\x07\x1b[31m וזה נשמר\n"
    provisions = importing.read(text.encode(), "a.txt")
    whole = " ".join(f"{row['heading']} {row['text']}" for row in provisions)
    assert "هذا الاتفاق ساري المفعول" in whole and "וזה נשמר" in whole
    assert not set("\u202e\x07\x1b") & set(whole)
    shown = prose.render(provisions[-1]["text"]).html
    assert "\u202e" not in shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a\u202etxt.exe.txt", "a\ufffdtxt.exe.txt"),
        ("a\x00b\n.txt", "a\ufffdb\ufffd.txt"),
        ("x" * 300 + ".txt", "x" * 196 + ".txt"),
    ],
)
def test_names_of_files_are_shown_as_they_are(name: str, shown: str) -> None:
    assert importing.called_by(name) == shown


@pytest.mark.django_db
def test_markup_and_placeholders_of_a_file_stay_literal(settings: Any, tmp_path: Path) -> None:
    settings.DOCUMENTS = tmp_path
    made = builders.world()
    data = (
        OLD
        + b"\n3. MARKS\n<script>alert(1)</script> {agreement.title} {{ secret }} {% load x %} <img src=x onerror=y>\n"
    )
    client = Client()
    client.force_login(made.riverton_liaison)
    row = intake.take(data, "<b>x</b>.txt", root=tmp_path, actor=made.riverton_liaison, now=NOW)
    page = client.get(row.get_absolute_url()).content.decode()
    assert "<b>x</b>" not in page and "<script>alert" not in page
    agreement = builders.imported(made, data=data)
    shown = client.get(agreement.get_absolute_url()).content.decode()
    assert "<script>alert" not in shown and "<img src=x" not in shown and "{agreement.title}" in shown


def test_every_reader_has_a_limit_of_its_own() -> None:
    with pytest.raises(UnreadableText, match="25 MB"):
        textlayer.read(bytes(textlayer.MAX_BYTES + 1))
    with pytest.raises(UnreadableText, match="2 MB"):
        outline.decode(bytes(outline.MAX_BYTES + 1))
