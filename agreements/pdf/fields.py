"""A prepared field for a signature made outside with a certificate, in the tag tree and where the party signs."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String

from agreements.pdf import tags

WIDTH, HEIGHT, BELOW = 220, 30, 22
"""Of a field, and how far below the top of the party's block it begins, in points."""
PRINTED = 4


def prepared(content: bytes, *, party: str, says: str) -> bytes:
    """The document with one empty field for the signature of `party`, whose block is named signature-`party`.

    `says` is read out to whoever can't see the field. The same input gives the same bytes.
    """
    with pikepdf.open(BytesIO(content)) as document:
        page, left, top = _place(document, f"signature-{party}")
        box = [left, top - BELOW - HEIGHT, left + WIDTH, top - BELOW]
        look = document.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, WIDTH, HEIGHT])
        field = document.make_indirect(
            Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String(name_of(party)), TU=String(says),
                       Rect=Array(box), F=PRINTED, P=page.obj, AP=Dictionary(N=look), Contents=String(says))
        )  # fmt: skip
        page.obj.Annots = Array([*page.obj.get(Name.Annots, []), field])
        page.obj.Tabs = Name.S
        document.Root.AcroForm = Dictionary(Fields=Array([field]), SigFlags=3)
        _tag(document, page, field, says)
        out = BytesIO()
        document.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def name_of(party: str) -> str:
    """What the field of a party is called."""
    return f"signature-{party}"


def _place(document: Pdf, name: str) -> tuple[pikepdf.Page, Decimal, Decimal]:
    """Where a named place of the document is; the last page's foot if the document has none of that name."""
    names = document.Root.get(Name.Names, Dictionary()).get(Name.Dests, Dictionary()).get(Name.Names, Array())
    for place in range(0, len(names), 2):
        if str(names[place]) == name:
            where = names[place + 1]
            return pikepdf.Page(where[0]), Decimal(str(where[2])), Decimal(str(where[3]))
    page = document.pages[-1]
    return page, Decimal(60), Decimal(60 + HEIGHT + BELOW)


def _tag(document: Pdf, page: pikepdf.Page, field: pikepdf.Object, says: str) -> None:
    """Put the field into the tag tree, so that it is read out."""
    root = document.Root.get(Name.StructTreeRoot)
    if root is None:
        return
    top = tags.top(root)
    number = int(root.get(Name.ParentTreeNextKey, tags.next_number(root)))
    field.StructParent = number
    element = document.make_indirect(
        Dictionary(Type=Name.StructElem, S=Name.Form, P=top, Pg=page.obj, Alt=String(says),
                   K=Dictionary(Type=Name.OBJR, Obj=field, Pg=page.obj))
    )  # fmt: skip
    top.K = Array([*(top.K if isinstance(top.K, Array) else [top.K]), element])
    root.ParentTree.Nums = Array([*root.ParentTree.Nums, number, element])
    root.ParentTreeNextKey = number + 1
