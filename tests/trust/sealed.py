"""`python -m tests.trust.sealed [DOCUMENTS FLIPS FIRST]`: 200 sealed documents of all templates, looked at by strangers' tools.

Each: pyHanko's bottom line against the authority alone, poppler's `pdfsig`, `qpdf --check`; tags, headings, table
headers, language, reading order; the text in the order of the tags against what the signers were shown; the attached
text against its hash. Then 1,000 bits flipped anywhere, pages turned and notes added, none of which may pass.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

DOCUMENTS, FLIPS, SEED = 200, 1_000, 20261121


def _use(name: str) -> Any:
    """Django has to be set up before these are imported."""
    return import_module(name)


def faults(content: dict[str, Any], sealed: bytes) -> Iterator[str]:
    """What is wrong with one document."""
    tagged, frozen, seals = (_use(f"tests.agreements.{name}") for name in ("tagged", "frozen", "seals"))
    held = _use("agreements.pdf.keys").installed(seals.place(), now=frozen.BEGUN)
    if not _use("agreements.pdf.checking").checked(sealed, roots=[held[1].pem]).holds:
        yield "our own check refuses it"
    yield from _strangers(sealed, seals.place().directory / "authority.pem")
    yield from tagged.problems(sealed)
    paper = tagged.read(sealed)
    if frozen.squeezed([paper.once()]) != frozen.shown(content, held[1]):
        yield "its text is not what the signers were shown"
    named = paper.pdf.attachments["agreement.json"].get_file().read_bytes()
    if sha256(named).hexdigest() != _use("agreements.document").digest(content):
        yield "the attached text has another hash"


def _strangers(sealed: bytes, root: Path) -> Iterator[str]:
    """pyHanko with nothing but the authority's certificate, poppler, qpdf."""
    reader = _use("pyhanko.pdf_utils.reader").PdfFileReader(BytesIO(sealed))
    trusted = _use("pyhanko.keys").load_cert_from_pemder(str(root))
    context = _use("pyhanko_certvalidator").ValidationContext(trust_roots=[trusted])
    (seal,) = reader.embedded_regular_signatures
    status = _use("pyhanko.sign.validation").validate_pdf_signature(seal, context)
    if not (status.bottom_line and status.coverage.name == "ENTIRE_FILE" and reader.total_revisions == 2):
        yield f"pyHanko: {status.summary()}"
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(sealed)
        file.flush()
        said = subprocess.run(["pdfsig", file.name], capture_output=True, text=True, check=False).stdout
        if "Signature is Valid." not in said or "Total document signed" not in said:
            yield f"pdfsig: {said}"
        done = subprocess.run(["qpdf", "--check", file.name], capture_output=True, text=True, check=False)
        if done.returncode or "WARNING" in done.stdout + done.stderr:
            yield f"qpdf: {done.stdout} {done.stderr}"


def passed(sealed: bytes, flips: int, chance: Random) -> Iterator[str]:
    """Changed copies that are taken for ours: by their hash, or by the seal outside of its own wrapping."""
    seals, checking = _use("tests.agreements.seals"), _use("agreements.pdf.checking")
    roots, recorded = [seals.pem()], sha256(sealed).hexdigest()
    begin = sealed.rindex(b"/Contents <") + len(b"/Contents <")
    wrapping = range(begin, sealed.index(b">", begin))
    for _ in range(flips):
        at, copy = chance.randrange(len(sealed)), bytearray(sealed)
        copy[at] ^= 1 << chance.randrange(8)
        if sha256(copy).hexdigest() == recorded:
            yield f"a flipped bit at {at} leaves the recorded hash"
        if at not in wrapping and checking.checked(bytes(copy), roots=roots).holds:
            yield f"a flipped bit at {at} leaves the seal"
    for change in (seals.turned, seals.noted):
        said = checking.checked(change(sealed), roots=roots)
        if said.holds or said.why != checking.CHANGED:
            yield f"{change.__name__}: {said.why or 'taken for ours'}"


def main(documents: int, flips: int, first: int = 0) -> int:
    """Make, look, change; 1 and what is wrong, if anything is."""
    _use("django").setup()
    frozen, templates = _use("tests.agreements.frozen"), sorted(_use("agreements.catalog").load().templates)
    began, found, chance = time.monotonic(), list[str](), Random(SEED)
    for place in range(documents):
        number = first + place
        template = templates[number % len(templates)]
        content, sealed = frozen.made(template, number)
        found += [f"{number} {template}: {words}" for words in faults(content, sealed)]
        share = flips * (place + 1) // documents - flips * place // documents
        found += [f"{number} {template}: {words}" for words in passed(sealed, share, chance)]
        if (place + 1) % 10 == 0:
            print(f"{place + 1} documents, {time.monotonic() - began:.0f} s, {len(found)} faults", flush=True)
    say = f"{documents} documents of {min(documents, len(templates))} templates, {flips} flipped bits, "
    print("\n".join(found) or f"{say}{2 * documents} updates: every document holds, no changed copy does.")
    return int(bool(found))


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    with import_module("tests.bench.scratch").servers():
        os.environ.setdefault("NOTARY_DIR", os.environ["VAR_DIR"] + "/notary")
        sys.exit(main(*(given + [DOCUMENTS, FLIPS, 0][len(given) :])))
