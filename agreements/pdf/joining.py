"""A page of ours put before a finished document, whose pages, tags and bookmarks stay; the document itself goes with it."""

from __future__ import annotations

from io import BytesIO

import pikepdf
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, Object, Pdf

from agreements.pdf import tags


def joined(first: bytes, document: bytes, *, name: str, says: str) -> bytes:
    """`first`, then every page of `document`, which is attached byte for byte under `name`.

    Signatures of `document` hold in the attached file; on its pages here their fields are taken out.
    """
    with pikepdf.open(BytesIO(first)) as base, pikepdf.open(BytesIO(document)) as other:
        _without_fields(other)
        before = len(base.pages)
        base.pages.extend(other.pages)
        _join_tags(base, other, before)
        base.Root.Outlines = _copied(base, other, other.Root.Outlines)
        if Name.Dests in other.Root.get(Name.Names, Dictionary()):
            base.Root.Names = Dictionary(Dests=_copied(base, other, other.Root.Names.Dests))
        held = AttachedFileSpec(
            base,
            document,
            filename=name,
            description=says,
            mime_type="application/pdf",
            creation_date="",
            mod_date="",
        )
        held.relationship = Name.Source
        base.attachments[name] = held
        out = BytesIO()
        base.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def _copied(base: Pdf, other: Pdf, what: Object) -> Object:
    """What belongs to the other document, in this one; its pages are those already taken over."""
    return base.copy_foreign(what if what.is_indirect else other.make_indirect(what))


def _without_fields(document: Pdf) -> None:
    """Take the fields of signatures out of a document, from its pages and its tags."""
    if Name.AcroForm not in document.Root:
        return
    del document.Root.AcroForm
    for page in document.pages:
        kept = [each for each in page.obj.get(Name.Annots, Array()) if each.get(Name.Subtype) != Name.Widget]
        page.obj.Annots = Array(kept)
    top = tags.top(document.Root.StructTreeRoot)
    top.K = Array([each for each in top.K if each.get(Name.S) != Name.Form])


def _join_tags(base: Pdf, other: Pdf, before: int) -> None:
    """One tree of tags: ours, then the other's, whose numbers go on after ours. Pages up to `before` are ours."""
    tree, theirs = base.Root.StructTreeRoot, _copied(base, other, other.Root.StructTreeRoot)
    offset = tags.next_number(tree)
    for page in list(base.pages)[before:]:
        for each in (page.obj, *page.obj.get(Name.Annots, Array())):
            for key in (Name.StructParents, Name.StructParent):
                if key in each:
                    each[key] = int(each[key]) + offset
    numbers = list(theirs.ParentTree.Nums)
    moved = [int(each) + offset if place % 2 == 0 else each for place, each in enumerate(numbers)]
    tree.ParentTree.Nums = Array([*tree.ParentTree.Nums, *moved])
    root = tags.top(tree)
    for part in tags.top(theirs).K:
        part.P = root
        root.K.append(part)
