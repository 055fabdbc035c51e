"""Word files become provisions: numbers, tables, tracked changes and notes; hostile files are refused."""

import io
import re
import struct
import zipfile
from html import unescape

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from agreements import docx as word
from agreements import prose
from agreements.docx.container import inspect
from agreements.outline import Block, UnreadableText


def saved(document: object) -> bytes:
    stream = io.BytesIO()
    document.save(stream)  # type: ignore[attr-defined]
    return stream.getvalue()


def text_of(blocks: list[Block]) -> str:
    parts = (
        f"{b.number_in_source} {b.heading} {re.sub(r'<[^>]*>', ' ', prose.render(b.text).html)}"
        for b in blocks
    )
    return " ".join(unescape(" ".join(parts)).split())


def paragraph(xml: str) -> object:
    return parse_xml(f"<w:p {nsdecls('w')}>{xml}</w:p>")


def with_paragraph(xml: str) -> bytes:
    document = docx.Document()
    document.add_paragraph("Before.")
    document.element.body.insert(1, paragraph(xml))
    return saved(document)


def test_headings_paragraphs_lists_and_tables_are_found() -> None:
    document = docx.Document()
    document.add_paragraph("Made between the parties.")
    document.add_heading("Purpose", 1)
    run = document.add_paragraph("They share ").add_run("data")
    run.bold = True
    document.add_paragraph("one thing", style="List Bullet")
    document.add_heading("Scope", 2)
    table = document.add_table(2, 2)
    for cell, value in zip(
        (c for row in table.rows for c in row.cells), ("Day", "Act|ion", "1", "Send"), strict=True
    ):
        cell.text = value
    blocks = word.read(saved(document))
    assert [(b.level, b.heading) for b in blocks] == [(1, "Preamble"), (1, "Purpose"), (2, "Scope")]
    assert "They share **data**" in blocks[1].text and "- one thing" in blocks[1].text
    assert "<td>Send</td>" in prose.render(blocks[2].text).html and "Act|ion" in text_of(blocks)


def test_automatic_numbers_are_read_as_the_reader_sees_them() -> None:
    document = docx.Document()
    for text in ("First duty.", "Second duty."):
        document.add_paragraph(text, style="List Number")
    blocks = word.read(saved(document))
    assert [(b.number_in_source, b.text) for b in blocks] == [("1.", "First duty."), ("2.", "Second duty.")]


def test_insertions_are_kept_and_deletions_dropped() -> None:
    blocks = word.read(with_paragraph(
        '<w:r><w:t xml:space="preserve">within </w:t></w:r>'
        '<w:del w:id="1" w:author="A"><w:r><w:delText>thirty</w:delText></w:r></w:del>'
        '<w:ins w:id="2" w:author="A"><w:r><w:t>sixty</w:t></w:r></w:ins><w:r><w:t xml:space="preserve"> days</w:t></w:r>'
    ))  # fmt: skip
    assert "within sixty days" in text_of(blocks) and "thirty" not in text_of(blocks)


def test_content_controls_links_and_text_boxes_are_not_lost() -> None:
    blocks = word.read(with_paragraph(
        '<w:sdt><w:sdtContent><w:r><w:t xml:space="preserve">controlled </w:t></w:r></w:sdtContent></w:sdt>'
        '<w:hyperlink><w:r><w:t xml:space="preserve">linked </w:t></w:r></w:hyperlink>'
        "<w:r><w:pict><w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent></w:pict></w:r>"
    ))  # fmt: skip
    assert text_of(blocks).count("controlled linked") == 1 and text_of(blocks).count("boxed") == 1


def test_headers_and_footers_are_kept_under_notes() -> None:
    document = docx.Document()
    document.add_paragraph("1. SCOPE")
    document.add_paragraph("Everything.")
    document.sections[0].header.paragraphs[0].text = "Draft of the county"
    document.sections[0].footer.paragraphs[0].text = "File 12-345"
    assert "Notes from the original" in text_of(word.read(saved(document)))
    assert "Draft of the county" in text_of(word.read(saved(document))) and "12-345" in text_of(
        word.read(saved(document))
    )


def test_template_syntax_and_markdown_of_the_file_stay_literal() -> None:
    document = docx.Document()
    document.add_paragraph("Pay {{ 7*7 }} {term.notice} **now** <b>x</b>")
    assert "Pay {{ 7*7 }} {term.notice} **now** <b>x</b>" in text_of(word.read(saved(document)))


def zipped(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


def test_files_of_another_kind_say_what_to_do() -> None:
    for content in (b"", b"plain text", b"%PDF-1.7", b"<html>", b"\x89PNG"):
        with pytest.raises(UnreadableText, match="not a Word document"):
            word.read(content)
    with pytest.raises(UnreadableText, match="password"):
        word.read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(UnreadableText, match="not a Word document"):
        word.read(zipped(readme=b"hello"))


def test_broken_files_say_so() -> None:
    whole = with_paragraph("<w:r><w:t>x</w:t></w:r>")
    for content in (whole[:-400], whole[:2000], whole[:800] + b"\0" * 400 + whole[1200:]):
        with pytest.raises(UnreadableText):
            word.read(content)
    with pytest.raises(UnreadableText, match="damaged"):
        word.read(zipped(**{"[Content_Types]_xml": b"<x/>", "word__document_xml": b"<broken"}))


def test_bombs_are_refused_before_they_are_unpacked_whole() -> None:
    bomb = zipped(**{"[Content_Types]_xml": b"<x/>", "word__document_xml": b" " * 60_000_000})
    with pytest.raises(UnreadableText, match="far more"):
        inspect(bomb)


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    bomb = zipped(**{"[Content_Types]_xml": b"<x/>", "word__document_xml": b" " * 60_000_000})
    lying = bomb.replace(struct.pack("<L", 60_000_000), struct.pack("<L", 100))
    with pytest.raises(UnreadableText):
        inspect(lying)


def test_entities_are_refused() -> None:
    document = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    with pytest.raises(UnreadableText, match="refused"):
        word.read(zipped(**{"[Content_Types]_xml": b"<x/>", "word__document_xml": document}))
    utf16 = document.decode().replace('version="1.0"', 'version="1.0" encoding="utf-16"').encode("utf-16")
    with pytest.raises(UnreadableText):
        word.read(zipped(**{"[Content_Types]_xml": b"<x/>", "word__document_xml": utf16}))


def test_deeply_nested_files_do_not_exhaust_the_reader() -> None:
    deep = "<w:sdt><w:sdtContent>" * 5_000 + "<w:p/>" + "</w:sdtContent></w:sdt>" * 5_000
    whole = with_paragraph("<w:r><w:t>x</w:t></w:r>")
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "word/document.xml":
                body = body.replace(b"<w:body>", b"<w:body>" + deep.encode())
            new.writestr(name, body)
    with pytest.raises(UnreadableText):
        word.read(stream.getvalue())
