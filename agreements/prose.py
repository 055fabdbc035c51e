"""Agreement prose: placeholders filled in, restricted Markdown rendered, everything else inert.

What people type is data. It is never compiled by a template engine; a fixed list of names in braces is replaced
by words from the agreement's own terms, and a small part of Markdown (paragraphs, emphasis, lists, tables, line
breaks) is rendered. HTML, links, images, headings and code are shown as typed.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import unescape

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_CHARS = 100_000
MAX_DEPTH = 12
_MAY_MEAN_MARKUP = re.compile(r"[\\*_|{\n\ufdd0-\ufdef\ufffe\uffff]|^\s*([-+]|\d+[.)])")
_TRIED_CHARS = 20_000
PLACEHOLDER = re.compile(r"\{[a-z]+\.[a-z_0-9.]+\}")
_IN_PLACE = re.compile(rf"(?m)^[ \t]*(?P<alone>{PLACEHOLDER.pattern})[ \t]*$|{PLACEHOLDER.pattern}")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Unicode noncharacters (Unicode 15, 23.7) never occur in interchanged text, so they can mark a gap through Markdown.
_GAP_OPEN, _GAP_CLOSE = "\ufdd0", "\ufdd1"
_NONCHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")
_TAGS = {"p", "em", "strong", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "br"}
_MARKDOWN = MarkdownIt(
    "zero", {"html": False, "linkify": False, "typographer": False, "maxNesting": 200}
).enable(["table", "list", "paragraph", "emphasis", "balance_pairs", "fragments_join", "newline", "escape"])


@dataclass(frozen=True)
class Gap:
    """A fact the agreement still lacks, named in words: 'end date'."""

    what: str


@dataclass(frozen=True)
class Block:
    """A list or table in Markdown for a placeholder that stands alone in its line; `words` for one within a sentence."""

    markdown: str
    words: str


@dataclass(frozen=True)
class Rendered:
    html: SafeString
    gaps: tuple[str, ...] = ()


Values = Mapping[str, Callable[[], str | Gap | Block]]


def escape_markdown(text: str) -> str:
    """`text` so that it renders literally inside restricted Markdown, on one line."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))


def fill(text: str, values: Values) -> tuple[str, tuple[str, ...]]:
    """Markdown with the known placeholders replaced, and the names of facts that are missing.

    Unknown names stay as they were typed.
    """
    gaps: list[str] = []

    def replace(match: re.Match[str]) -> str:
        value = values.get(match.group().strip()[1:-1])
        if value is None:
            return match.group()
        found = value()
        if isinstance(found, Block):
            return f"\n{found.markdown}\n" if match["alone"] else escape_markdown(found.words)
        if isinstance(found, Gap):
            gaps.append(found.what)
            return f"{_GAP_OPEN}{escape_markdown(f'[to be completed: {found.what}]')}{_GAP_CLOSE}"
        return escape_markdown(found)

    return _IN_PLACE.sub(replace, _NONCHARACTERS.sub("\ufffd", text)), tuple(gaps)


def render(text: str, values: Values | None = None) -> Rendered:
    """Safe HTML of restricted Markdown. Words are never dropped: what nests too deep is shown as plain text."""
    filled, gaps = fill(text, values or {})
    tokens = _MARKDOWN.parse(filled) if len(filled) <= MAX_CHARS else []
    if not tokens or _depth(tokens) > MAX_DEPTH:
        return Rendered(_marked(_plain(filled)), gaps)
    html = nh3.clean(
        _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}), tags=_TAGS, attributes={"ol": {"start"}}
    )
    if _loses_words(filled, tokens, html):
        return Rendered(_marked(_plain(filled)), gaps)
    return Rendered(_marked(html.replace("<th>", '<th scope="col">').strip()), gaps)


def complaints(text: str) -> list[str]:
    """What is wrong with a text somebody wants to keep, in words for the form's field."""
    if len(text) > MAX_CHARS:
        return [f"The text is longer than {MAX_CHARS:,} characters. Divide it into several provisions."]
    if "\x00" in text:
        return ["The text contains a character that cannot be stored. Paste it again as plain text."]
    if _depth(_MARKDOWN.parse(text)) > MAX_DEPTH:
        return ["Lists or emphasis are nested too deep to print. Use fewer levels."]
    return []


def _plain(filled: str) -> str:
    parts = re.split(r"\n[ \t]*\n", filled)
    return "".join(f"<p>{escape(_unescaped(part))}</p>" for part in parts if part.strip())


def readable(text: str, values: Values | None = None) -> str:
    """The text as people compare it: placeholders in words, no backslashes; emphasis and lists as they were typed."""
    if "{" not in text and "\\" not in text:
        return text
    named = {name: _in_words(value) for name, value in (values or {}).items()}
    filled, _ = fill(text, named)
    return _unescaped(filled).replace(_GAP_OPEN, "").replace(_GAP_CLOSE, "")


def _in_words(value: Callable[[], str | Gap | Block]) -> Callable[[], str | Gap | Block]:
    def say() -> str | Gap | Block:
        found = value()
        return found.words if isinstance(found, Block) else found

    return say


def _unescaped(filled: str) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", filled)


def _loses_words(filled: str, tokens: list[Token], html: str) -> bool:
    """A table row with more cells than its heading would lose them silently."""
    shown = unescape(re.sub(r"<[^>]*>", "", html))
    numerals = "".join(token.info for token in tokens if token.type == "list_item_open")
    return sum(map(str.isalnum, filled)) > sum(map(str.isalnum, shown + numerals))


def _marked(html: str) -> SafeString:
    html = html.replace(_GAP_OPEN, '<span class="gap">').replace(_GAP_CLOSE, "</span>")
    return mark_safe(html)  # noqa: S308  built from nh3's output or from escaped text only


def _depth(tokens: list[Token]) -> int:
    inner = (child.level for token in tokens for child in token.children or ())
    return max((token.level for token in tokens), default=0) // 2 + max(inner, default=0)


def literal(text: str) -> str:
    """Markdown that renders as `text` word for word, escaping only as much as that takes."""
    if len(text) > _TRIED_CHARS:
        return escape_markdown(text)
    if not _MAY_MEAN_MARKUP.search(text):
        return text
    wanted = _squeezed(text)
    for attempt in (guarded(text), guarded(_escaped_specials(text))):
        if _shown(attempt) == wanted:
            return attempt
    return escape_markdown(text)


def bold(text: str) -> str:
    """Markdown that shows `text` in bold; plain when that cannot be."""
    marked = f"**{escape_markdown(text)}**"
    light = f"**{literal(text)}**"
    return next((m for m in (light, marked) if _shown(m) == _squeezed(text)), literal(text))


def guarded(text: str) -> str:
    """`text` with whatever looks like a placeholder made literal."""
    return PLACEHOLDER.sub(lambda match: f"\\{match.group()[:-1]}\\}}", text)


def _escaped_specials(text: str) -> str:
    text = re.sub(r"([\\*_|])", r"\\\1", text)
    return re.sub(r"^(\s*\d*)([-+.)])", r"\1\\\2", text)


def shows(markdown: str, text: str) -> bool:
    """Whether `markdown` is read as exactly the words of `text`; long texts are not tried, and taken not to."""
    return len(text) <= _TRIED_CHARS and _shown(markdown) == _squeezed(text)


def _shown(markdown: str) -> str:
    return _squeezed(unescape(re.sub(r"<[^>]*>", " " if "<li>" in markdown else "", render(markdown).html)))


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table of plain cells; the first row is its heading, short rows are filled up."""
    width = max(len(row) for row in rows)
    filled = [[_cell(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    head, *body = [f"| {' | '.join(row)} |" for row in filled]
    return "\n".join([head, "|" + " --- |" * width, *body])


def _cell(text: str) -> str:
    plain = " ".join(text.split())
    return re.sub(r"(?<!\\)\|", r"\\|", literal(plain)) if plain else ""
