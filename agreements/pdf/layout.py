"""The printing press's own process: a page of ours laid out by WeasyPrint as tagged PDF/A-3a.

Done in a fork of a warm process, under limits of its own, for `agreements.pdf.press`. It imports WeasyPrint, pikepdf
and the standard library only, so that a fork is small and holds no secret.
"""

import ctypes.util
import gc
import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import BinaryIO

import pikepdf

_sought = ctypes.util.find_library
if sys.platform == "linux":
    # WeasyPrint tries the names that its libraries have on every system, its loader looks for each that is not there by
    # starting a compiler and a linker: half of the time to start, and no business of a press. Linux has the exact names.
    ctypes.util.find_library = lambda name: None
import weasyprint  # noqa: E402
from weasyprint.text.fonts import FontConfiguration  # noqa: E402
from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: E402

ctypes.util.find_library = _sought

VARIANT = "pdf/a-3a"


class Refusing(URLFetcher):  # type: ignore[misc]
    """Fetches nothing: neither files nor addresses nor data. Pages of ours carry all they need."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Refuse."""
        raise ValueError("Documents fetch nothing.")


def lay_out(
    html: str, css: str, attached: Sequence[Mapping[str, str]] = (), fields: Sequence[Sequence[str]] = ()
) -> bytes:
    """The PDF of a page of ours with a style sheet of ours. The same input gives the same bytes.

    `attached` are the files that go with it: name, text, what it is, how it relates to the document, since when.
    `fields` are the places of signatures: name, and what a screen reader says of it.
    """
    fetcher, fonts = Refusing(), FontConfiguration()
    sheet = weasyprint.CSS(string=css, url_fetcher=fetcher, font_config=fonts)
    page = weasyprint.HTML(string=html, url_fetcher=fetcher, base_url=None)
    content: bytes = page.write_pdf(
        stylesheets=[sheet],
        font_config=fonts,
        pdf_variant=VARIANT,
        attachments=[_attachment(f) for f in attached],
    )
    return _finished(content, fields)


def _attachment(file: Mapping[str, str]) -> weasyprint.Attachment:
    at = datetime.fromisoformat(file["at"])
    return weasyprint.Attachment(
        string=file["text"], name=file["name"], description=file["says"], relationship=file["relationship"],
        created=at, modified=at, url_fetcher=Refusing(),
    )  # fmt: skip


_CLAIM = """\
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>The part of ISO 14289 that the document follows</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
</rdf:RDF>"""
"""That the document is PDF/UA-1 too, said in the way PDF/A wants foreign properties described."""


def _finished(content: bytes, fields: Sequence[Sequence[str]]) -> bytes:
    """What WeasyPrint leaves to do: each file attached once, scopes of table headers, the claim, the signature fields."""
    with pikepdf.open(BytesIO(content)) as pdf:
        root, written = pdf.Root, BytesIO()
        if "/AF" in root:
            once = {str(file.F): pdf.make_indirect(file) for file in root.AF}
            root.AF = pikepdf.Array(once.values())
        claimed = root.Metadata.read_bytes().replace(b"</rdf:RDF>", _CLAIM.encode())
        root.Metadata = pikepdf.Stream(pdf, claimed, Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML)
        _mend_tags(pdf)
        if fields:
            _prepare(pdf, fields)
        pdf.save(written, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return written.getvalue()


def _mend_tags(pdf: pikepdf.Pdf) -> None:
    """Headers of tables say what they head; what stands in the margins of each page is no part of the text."""
    document = _document(pdf)
    known = {each.objgen for each in document.K}
    for each in pdf.objects:
        kind = each.get("/S") if isinstance(each, pikepdf.Dictionary) else None
        if kind == "/TH":
            each.A = _scoped(each)
        elif kind is not None and each.P.objgen == document.objgen and each.objgen not in known:
            _put_aside(pdf, each)


def _document(pdf: pikepdf.Pdf) -> pikepdf.Object:
    top = pdf.Root.StructTreeRoot.K
    found: pikepdf.Object = top[0] if isinstance(top, pikepdf.Array) else top
    return found


def _put_aside(pdf: pikepdf.Pdf, margin: pikepdf.Object) -> None:
    """Turn content whose tag hangs nowhere into what a screen reader skips: running heads, page numbers."""
    page, marks = margin.Pg, list(_marks(margin))
    nums = pdf.Root.StructTreeRoot.ParentTree.Nums
    places = next(nums[at + 1] for at in range(0, len(nums), 2) if nums[at] == page.StructParents)
    content = pikepdf.Page(page).obj.Contents
    drawn = content.read_bytes()
    for mark in marks:
        places[mark] = None
        drawn = re.sub(
            rb"/\w+\s*<<\s*/MCID %d\s*>>\s*BDC" % mark, b"/Artifact <</Type /Pagination>> BDC", drawn
        )
    page.Contents = pikepdf.Stream(pdf, drawn)


def _marks(element: pikepdf.Object) -> Iterator[int]:
    for one in element.get("/K", []):
        if isinstance(one, int):
            yield one
        else:
            yield from _marks(one)


def _scoped(header: pikepdf.Object) -> pikepdf.Dictionary:
    """The attributes of a table's header with what it heads: the column below it, or its row."""
    above = header.P.P.get("/S") == "/THead"
    return pikepdf.Dictionary(O=pikepdf.Name.Table, Scope=pikepdf.Name.Column if above else pikepdf.Name.Row)


def _prepare(pdf: pikepdf.Pdf, fields: Sequence[Sequence[str]]) -> None:
    """Empty signature fields that show nothing, each with its place in the tags of the last page.

    They are made here because a field that appears with its signature would be a change of a document that is sealed.
    """
    tree, page, widgets, document = pdf.Root.StructTreeRoot, pdf.pages[-1].obj, [], _document(pdf)
    following = 1 + max(int(each) for each in tree.ParentTree.Nums[::2])
    for place, (name, says) in enumerate(fields, following):
        widget = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Sig, T=name, TU=says,
                Rect=pikepdf.Rectangle(0, 0, 0, 0), F=132, P=page, StructParent=place,
            )
        )  # fmt: skip
        tag = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.StructElem, S=pikepdf.Name.Form, P=document, Pg=page, Alt=says,
                K=pikepdf.Dictionary(Type=pikepdf.Name.OBJR, Obj=widget, Pg=page),
            )
        )  # fmt: skip
        document.K.append(tag)
        for each in (place, tag):
            tree.ParentTree.Nums.append(each)
        widgets.append(widget)
    page.Annots = pdf.make_indirect(pikepdf.Array([*page.get("/Annots", []), *widgets]))
    pdf.Root.AcroForm = pdf.make_indirect(pikepdf.Dictionary(Fields=widgets, SigFlags=3))


def warm() -> None:
    """Find the fonts, and keep warnings about style out of the log."""
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    lay_out('<p lang="en">Warm up the fonts.</p>', "p { font: 9pt serif }")


def answer(job: BinaryIO) -> bytes:
    """The PDF that is asked for as JSON: the arguments of `lay_out`."""
    gc.disable()
    return lay_out(**json.load(job))
