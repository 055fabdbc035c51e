"""Sealed documents of every template without a database, and the words that the signers were shown of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from random import Random
from typing import Any

from django.template.loader import render_to_string

from agreements import pdf
from agreements.document import SignatureFact, canonical, digest, structure
from agreements.operations import sealing as operation
from agreements.operations.signing import CONSENT, intent
from agreements.pdf import keys, sealing
from tests.agreements import contents, seals

BEGUN = datetime(2026, 10, 2, 20, 3, 11, tzinfo=UTC)
WORDS = ("records", "custodian", "dispatch", "retention", "audit", "disclosure", "hearing", "officer", "§ 24-72-305",
         "Ñuñoa", "“quoted”", "—", "naïve", "Łódź", "1 July 2027", "(a)")  # fmt: skip


def content_of(template: str, seed: int) -> dict[str, Any]:
    """An agreement of this template; the seed gives it a reference, and provisions of its own."""
    chance, content = Random(seed), contents.complete(template)
    content["reference"] = f"AGR-2026-{seed:04}"
    for number in range(seed % 3):
        said = " ".join(chance.choice(WORDS) for _ in range(chance.randrange(20, 400)))
        own = {
            **content["provisions"][-1],
            "id": f"own-{number}",
            "heading": f"Own provision {number}",
            "text": said,
        }
        content["provisions"].append({**own, "origin": ""})
    return content


def facts_of(content: dict[str, Any]) -> list[SignatureFact]:
    """A signature of each party, a day apart."""
    return [
        SignatureFact(
            party["id"], party["legal_name"], party["signatory_name"], party["signatory_title"], "Resolution 12",
            intent(party["legal_name"]), "password and code, asked at signing", BEGUN + timedelta(days=place),
            "America/Denver", 40 + place, CONSENT,
        )
        for place, party in enumerate(content["parties"])
    ]  # fmt: skip


def given(content: dict[str, Any], chain: keys.Chain) -> dict[str, Any]:
    """What the operation says of a document when it is rendered."""
    said = "The canonical text, version 1: the SHA-256 above is of exactly these bytes."
    return {
        "sha256": digest(content), "number": 1, "signatures": facts_of(content),
        "verify_url": "https://concordat.example/agreements/",
        "evidence": pdf.EvidenceFact(
            BEGUN, BEGUN + timedelta(days=3), (pdf.EventFact(40, BEGUN, "Lee Arden signed"),),
            pdf.ProofFact(9, 12, "2026-10-05 20:03:11 UTC"), pdf.SealFact(chain.subject, chain.issuer, chain.sha256),
        ),
        "attached": [pdf.Attachment("agreement.json", canonical(content).decode(), said, "Data")],
    }  # fmt: skip


def made(template: str, seed: int) -> tuple[dict[str, Any], bytes]:
    """The content and the sealed document, made as the worker makes it."""
    content, held = content_of(template, seed), keys.installed(seals.place(), now=BEGUN)
    plain = pdf.render(content, fields=operation.fields("B-B"), **given(content, held[1]))
    return content, sealing.sealed(plain, held[0], seals.WORDS, now=BEGUN + timedelta(days=3, minutes=2))


class _Text(HTMLParser):
    """The text of a page, with what the style sheet adds to it."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.label = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.label = ("class", "paper-label") in attrs

    def handle_data(self, data: str) -> None:
        self.said.append(data + (":" if self.label else ""))
        self.label = False


def squeezed(texts: Iterable[str]) -> str:
    """All letters, without spaces and soft hyphens."""
    return re.sub(r"[\s\u00ad\u200b]+", "", "".join(texts))


def shown(content: dict[str, Any], chain: keys.Chain) -> str:
    """What the page of the site shows of the agreement, signed, and then its evidence; squeezed."""
    facts = given(content, chain)
    document = structure(content).signed_by(facts["signatures"])
    page = render_to_string("agreements/document/body.html", {"document": document})
    more = {"document": document, **facts, "grouped_hash": pdf.grouped(facts["sha256"])}
    parser = _Text()
    parser.feed(page + render_to_string("agreements/document/parts/evidence.html", more))
    return squeezed(parser.said)
