"""The documents of one agreement: every version, what changed between them, who answered, who signed, what was said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from agreements.document import SignatureFact, structure
from agreements.dossier.reader import Reader
from agreements.dossier.texts import exact, page, slug
from agreements.models import Agreement, Comment, Signature, Version
from agreements.redline import compare, words
from audit.canonical import plain

Member = tuple[str, bytes]

APPROVAL = ("decision", "reason", "made_at", "voided_at")
SIGNATURE = ("name", "title", "agency_name", "authority_basis", "consent", "intent", "authenticated_by", "document_sha256",
             "means", "file_sha256", "certificate",
             "signed_at", "voided_at", "void_reason")  # fmt: skip
SUGGESTION = ("kind", "part", "level", "heading", "text", "base_heading", "base_text", "topic", "field", "base_value",
              "value", "made_against", "reason", "made_at", "state", "decided_at", "answer", "amended")  # fmt: skip
COMMENT = ("text", "topic", "about", "made_at", "resolved_at")


def folder_of(agreement: Agreement) -> str:
    """The name of its folder."""
    return slug(agreement.reference, agreement.pk)


def members(
    agreement: Agreement,
    reader: Reader,
    *,
    final: bytes | None,
    word: bytes | None,
    source: tuple[str, bytes] | None = None,
) -> Iterator[Member]:
    """Every document of `agreement` that `reader` may see.

    `final` is the signed PDF as stored, `word` the newest version as a Word file, `source` the file of an agreement
    that was signed outside, with its suffix; if there are such.
    """
    at = f"documents/{folder_of(agreement)}"
    rows = agreement.versions.select_related("made_by", "made_by_agency").order_by("number")
    versions = list(rows)
    signatures = list(
        agreement.signatures.select_related("party", "version", "last_event").order_by("signed_at")
    )
    for version in versions:
        facts = [
            _fact(row, agreement) for row in signatures if row.version_id == version.pk and not row.voided_at
        ]
        yield from _version(version, agreement, at, facts)
    for old, new in pairwise(versions):
        yield f"{at}/redlines/{old.number:03}-{new.number:03}.html", _redline(old, new, agreement)
    if final is not None:
        yield f"{at}/final.pdf", final
    if source is not None:
        yield f"{at}/imported{source[0]}", source[1]
    if word is not None:
        yield f"{at}/versions/{versions[-1].number:03}.docx", word
    yield from _answers(agreement, at)
    yield from _signatures(signatures, agreement, at)
    yield from _comments(agreement, reader, at)
    yield from _suggestions(agreement, at)
    yield f"{at}/index.html", _index(agreement, versions, final is not None, source[0] if source else "")


def _version(
    version: Version, agreement: Agreement, at: str, facts: Iterable[SignatureFact]
) -> Iterator[Member]:
    """As the page shows it, and the exact bytes whose SHA-256 was approved and signed."""
    name = f"{at}/versions/{version.number:03}"
    shown = structure(version.content).signed_by(facts)
    yield (
        f"{name}.html",
        page("version", f"{agreement.reference}, version {version.number}", document=shown, version=version),
    )
    yield f"{name}.json", version.canonical.encode()


def _redline(old: Version, new: Version, agreement: Agreement) -> bytes:
    title = f"{agreement.reference}, from version {old.number} to version {new.number}"
    return page("redline", title, old=old, new=new, redline=compare(old.content, new.content))


def evidence(agreement: Agreement, at: str) -> Iterator[Member]:
    """Who approved and who signed, void answers too, as pages and as data."""
    rows = agreement.signatures.select_related("party", "version", "last_event").order_by("signed_at")
    yield from _answers(agreement, at)
    yield from _signatures(list(rows), agreement, at)


def _answers(agreement: Agreement, at: str) -> Iterator[Member]:
    rows = list(agreement.approvals.select_related("party", "by", "version").order_by("made_at", "id"))
    said = [
        _plain(row, APPROVAL)
        | {"party": row.party.legal_name, "by": row.by.name, "version": row.version.number,
           "version_sha256": row.version.sha256}
        for row in rows
    ]  # fmt: skip
    yield f"{at}/approvals.json", exact(said)
    yield f"{at}/approvals.html", page("approvals", f"{agreement.reference}, approvals", rows=rows)


def _signatures(rows: list[Signature], agreement: Agreement, at: str) -> Iterator[Member]:
    said = [
        _plain(row, SIGNATURE) | {"version": row.version.number, "event": row.last_event.number}
        for row in rows
    ]
    yield f"{at}/signatures.json", exact(said)
    yield f"{at}/signatures.html", page("signatures", f"{agreement.reference}, signatures", rows=rows)


def _comments(agreement: Agreement, reader: Reader, at: str) -> Iterator[Member]:
    """What was said to all parties, and within the reader's own agency."""
    found: Iterable[Comment] = agreement.comments.select_related(
        "author", "author_agency", "private_to", "provision"
    ).order_by("made_at", "id")
    rows = reader.readable(found)
    said = [
        _plain(row, COMMENT)
        | {
            "id": str(row.pk),
            "author": row.author.name,
            "agency": row.author_agency.name if row.author_agency else None,
            "private_to": row.private_to.name if row.private_to else None,
            "provision": str(row.provision_id) if row.provision_id else None,
            "reply_to": str(row.reply_to_id) if row.reply_to_id else None,
        }
        for row in rows
    ]
    yield f"{at}/comments.json", exact(said)
    yield f"{at}/comments.html", page("comments", f"{agreement.reference}, discussion", rows=rows)


def _suggestions(agreement: Agreement, at: str) -> Iterator[Member]:
    """What was suggested, every party reads it: open, and decided with by whom and why."""
    found = agreement.suggestions.select_related("author", "author_agency", "decided_by", "decided_agency")
    rows = list(found.order_by("made_at", "place", "id"))
    said = [
        _plain(row, SUGGESTION)
        | {
            "id": str(row.pk),
            "author": row.author.name,
            "agency": row.author_agency.name,
            "decided_by": row.decided_by.name if row.decided_by else None,
            "decided_agency": row.decided_agency.name if row.decided_agency else None,
            "provision": str(row.provision_id) if row.provision_id else None,
            "after": str(row.after_id) if row.after_id else None,
            "follows": str(row.follows_id) if row.follows_id else None,
        }
        for row in rows
    ]
    yield f"{at}/suggestions.json", exact(said)
    shown = [
        {"row": row, "heading": words(row.base_heading, row.heading), "text": words(row.base_text, row.text)}
        for row in rows
    ]
    yield f"{at}/suggestions.html", page("suggestions", f"{agreement.reference}, suggestions", rows=shown)


def _index(agreement: Agreement, versions: list[Version], sealed: bool, imported: str) -> bytes:
    facts = {
        "agreement": agreement,
        "versions": versions,
        "pairs": list(pairwise(versions)),
        "sealed": sealed,
        "imported": imported,
    }
    return page(
        "agreement", f"{agreement.reference}: {agreement.title}", folder=folder_of(agreement), **facts
    )


def _fact(row: Signature, agreement: Agreement) -> SignatureFact:
    return SignatureFact(
        party=str(row.party_id), agency=row.agency_name, name=row.name, title=row.title,
        authority=row.authority_basis, intent=row.intent, method=row.authenticated_by, signed_at=row.signed_at,
        zone=agreement.timezone, event=row.last_event.number, consent=row.consent, how=row.how,
    )  # fmt: skip


def _plain(row: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: plain(getattr(row, name)) for name in names}
