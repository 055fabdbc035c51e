"""An existing text read as provisions: headings and numbers found, not a word lost.

Parts: `decode` bytes to text, `parse_text` text to blocks, `to_provisions` blocks to provisions of a draft. What
comes before the first heading is the preamble. Lines that look like headings in a text whose sections are numbered
are kept as emphasised lines, so that no number of the source shifts.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from agreements.assembly import Block, UnreadableText, assemble
from agreements.numbering import Numbering
from agreements.prose import literal
from agreements.sourcelines import Format, clean, lines_of

MAX_BYTES = 2_000_000
MAX_HEADING = 300
MAX_TEXT = 50_000

__all__ = ["Block", "UnreadableText", "assemble", "decode", "parse_text", "to_provisions"]


def decode(content: bytes) -> str:
    """The text of a plain file: UTF-8, UTF-16 with its mark, else Windows-1252."""
    if len(content) > MAX_BYTES:
        raise UnreadableText(
            "The file is larger than 2 MB. Import the agreement's text without its attachments."
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\x00" in content:
        raise UnreadableText(
            "This is not a text file. Save the document as .txt, .md or .docx and import that."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def parse_text(text: str, *, fmt: Format) -> list[Block]:
    """The provisions of a plain or Markdown text, in order."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise UnreadableText("The text is longer than 2 MB. Import the agreement without its attachments.")
    return assemble(list(lines_of(clean(text), fmt)))


def to_provisions(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """Blocks as provisions of a draft, without ids. A source number that ours would not repeat stays in the text."""
    numbering, found = Numbering(), list[dict[str, Any]]()
    for place, block in enumerate(blocks):
        own = block.level == 1 or place == 0
        kept = replace(block, level=1) if own else block
        shown = numbering.expect(kept.heading) if own else numbering.next(kept.level)[0]
        if block.number_in_source and not _same_number(block.number_in_source, shown):
            kept = _with_number(kept)
        if own:
            numbering.open(kept.heading)
        found.extend(_provisions(kept))
    return found


def _same_number(written: str, shown: str) -> bool:
    """Whether the number we derive says what the source's does: '2.' and '2', 'a)' and '(a)', '3.' and 'B.3'."""
    bare = written.lower().removeprefix("section").strip(" .():,-")
    ours = shown.strip(" .():").lower()
    return bare == ours or ("." not in bare and bool(ours) and bare == ours.split(".")[-1])


def _with_number(block: Block) -> Block:
    if block.level == 1 or block.heading:
        return replace(block, heading=f"{block.number_in_source} {block.heading}".strip())
    gap = "\n\n" if block.text.startswith(("|", "- ")) else " "
    return replace(block, text=f"{literal(block.number_in_source)}{gap}{block.text}".strip())


def _provisions(block: Block) -> Iterable[dict[str, Any]]:
    """The block as one provision, or several when it is longer than a provision may be."""
    heading, text = block.heading, block.text
    if len(heading) > MAX_HEADING:
        heading, text = "", f"{literal(heading)}\n\n{text}".strip()
    for place, piece in enumerate(_pieces(text)):
        yield {
            "part": "", "heading": heading if not place else "", "text": piece, "origin": "", "position": "own",
            "level": block.level if not place else max(block.level, 2), "withheld": False,
        }  # fmt: skip


def _pieces(text: str) -> Iterable[str]:
    piece = ""
    for paragraph in text.split("\n\n"):
        if piece and len(piece) + len(paragraph) > MAX_TEXT:
            yield piece
            piece = ""
        piece = f"{piece}\n\n{paragraph}" if piece else paragraph
        while len(piece) > MAX_TEXT:
            cut = piece.rfind(" ", 0, MAX_TEXT) + 1 or MAX_TEXT
            yield piece[:cut].rstrip()
            piece = piece[cut:]
    yield piece
