"""Agreement prose: placeholders filled in, restricted Markdown rendered, everything else inert.

What people type is data. It is never compiled by a template engine; a fixed list of names in braces is replaced
by words from the agreement's own terms, and a small part of Markdown (paragraphs, emphasis, lists, tables, line
breaks) is rendered. HTML, links, images, headings and code are shown as typed.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from textwrap import indent

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_CHARS = 100_000
MAX_DEPTH = 12
KEPT_CHARS = 4_000
TABLE_COLUMNS = range(2, 6)
_MAY_MEAN_MARKUP = re.compile(r"[\\*_|{\n\ufdd0-\ufdef\ufffe\uffff]|^\s*([-+]|\d+[.)])")
_TRIED_CHARS = 20_000
PLACEHOLDER = re.compile(r"\{[a-z]+\.[a-z_0-9.]+\}")
_IN_PLACE = re.compile(
    rf"(?m)^(?P<before>[ \t]*)(?P<alone>{PLACEHOLDER.pattern})(?P<after>[ \t]*)$|{PLACEHOLDER.pattern}"
)
_OPENS_SENTENCE = re.compile(r"(?:\A|\n[ \t]*\n|[.!?][”\"')]*\s)[ \t]*(?:[-+*] |\d+[.)] )?[*_“\"(]*\Z")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Unicode noncharacters (Unicode 15, 23.7) never occur in interchanged text, so they can mark a gap through Markdown.
_GAP_OPEN, _GAP_CLOSE = "\ufdd0", "\ufdd1"
_LINK_OPEN, _LINK_WORDS, _LINK_CLOSE = "\ufdd2", "\ufdd3", "\ufdd4"
_LINK = re.compile(f"{_LINK_OPEN}([A-Za-z0-9_-]*){_LINK_WORDS}(.*?){_LINK_CLOSE}", re.DOTALL)
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
class Reference:
    """Another place of the same document: how it is cited, and the anchor it has on a page."""

    words: str
    anchor: str


@dataclass(frozen=True)
class Rendered:
    html: SafeString
    gaps: tuple[str, ...] = ()


Value = str | Gap | Block | Reference
Values = Mapping[str, Callable[[], Value]]
"""By the name in braces; "section.*" answers for every name under it that has no answer of its own."""


def value_of(values: Values, name: str) -> Callable[[], Value] | None:
    """What answers for a placeholder's name; nothing for a name that means nothing."""
    return values.get(name) or values.get(f"{name.partition('.')[0]}.*")


def escape_markdown(text: str) -> str:
    """`text` so that it renders literally inside restricted Markdown, on one line."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))


def fill(text: str, values: Values) -> tuple[str, tuple[str, ...]]:
    """Markdown with the known placeholders replaced, and the names of facts that are missing.

    Unknown names stay as they were typed.
    """
    gaps: list[str] = []

    def replace(match: re.Match[str]) -> str:
        value = value_of(values, match.group().strip()[1:-1])
        if value is None:
            return match.group()
        found = value()
        if isinstance(found, Block) and match["alone"]:
            return f"\n{indent(found.markdown, match['before'])}\n"
        if isinstance(found, Gap):
            gaps.append(found.what)
        if isinstance(found, Reference) and _OPENS_SENTENCE.search(text[: match.start()]):
            found = Reference(found.words[:1].upper() + found.words[1:], found.anchor)
        return f"{match['before'] or ''}{_written(found)}{match['after'] or ''}"

    return _IN_PLACE.sub(replace, _NONCHARACTERS.sub("\ufffd", text)), tuple(gaps)


def _written(found: Value) -> str:
    """A value within a line of Markdown."""
    if isinstance(found, Reference):
        return f"{_LINK_OPEN}{found.anchor}{_LINK_WORDS}{escape_markdown(found.words)}{_LINK_CLOSE}"
    if isinstance(found, Gap):
        return f"{_GAP_OPEN}{escape_markdown(f'[to be completed: {found.what}]')}{_GAP_CLOSE}"
    return escape_markdown(found.words if isinstance(found, Block) else found)


def render(text: str, values: Values | None = None) -> Rendered:
    """Safe HTML of restricted Markdown. Words are never dropped: what nests too deep is shown as plain text."""
    filled, gaps = fill(text, values or {})
    return Rendered(_kept(filled) if len(filled) <= KEPT_CHARS else _html(filled), gaps)


@lru_cache(maxsize=1000)
def _kept(filled: str) -> SafeString:
    """As `_html`, for what is short: a page of an agreement shows the same dozens of provisions each time."""
    return _html(filled)


def _html(filled: str) -> SafeString:
    tokens = _MARKDOWN.parse(filled) if len(filled) <= MAX_CHARS else []
    if not tokens or _depth(tokens) > MAX_DEPTH:
        return _marked(_plain(filled))
    html = nh3.clean(
        _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}), tags=_TAGS, attributes={"ol": {"start"}}
    )
    if _loses_words(filled, tokens, html):
        return _marked(_plain(filled))
    return _marked(html.replace("<th>", '<th scope="col">').strip())


def complaints(text: str, before: str = "") -> list[str]:
    """What is wrong with a text somebody wants to keep, in words for the form's field.

    A table as wide as one that stood there `before` is let be: it may have come from an imported agreement.
    """
    if len(text) > MAX_CHARS:
        return [f"The text is longer than {MAX_CHARS:,} characters. Divide it into several provisions."]
    if "\x00" in text:
        return ["The text contains a character that cannot be stored. Paste it again as plain text."]
    tokens = _MARKDOWN.parse(text)
    if _depth(tokens) > MAX_DEPTH:
        return ["Lists or emphasis are nested too deep to print. Use fewer levels."]
    known = set(_widths(_MARKDOWN.parse(before))) if before else set()
    return [_UNFIT[width > 1].format(width) for width in sorted(_unfit(_widths(tokens)) - known)]


_UNFIT = {
    False: "A table has a single column. Write it as a list, or give it a second column.",
    True: "A table has {} columns; at most five can be read on a page. Divide it into two tables, or turn some of its "
    "columns into rows.",
}


def _unfit(widths: Iterable[int]) -> set[int]:
    return {width for width in widths if width not in TABLE_COLUMNS}


def _widths(tokens: Sequence[Token]) -> Iterator[int]:
    """How many columns each table has."""
    width = 0
    for token in tokens:
        width = 0 if token.type == "thead_open" else width + (token.type == "th_open")
        if token.type == "thead_close":
            yield width


def _plain(filled: str) -> str:
    parts = re.split(r"\n[ \t]*\n", filled)
    return "".join(f"<p>{escape(_unescaped(part))}</p>" for part in parts if part.strip())


def readable(text: str, values: Values | None = None) -> str:
    """The text as people compare it: placeholders in words, no backslashes; emphasis and lists as they were typed."""
    if "{" not in text and "\\" not in text:
        return text
    named = {name: _in_words(value) for name, value in (values or {}).items()}
    filled, _ = fill(text, named)
    return _LINK.sub(r"\2", _unescaped(filled)).replace(_GAP_OPEN, "").replace(_GAP_CLOSE, "")


def _in_words(value: Callable[[], Value]) -> Callable[[], Value]:
    def say() -> Value:
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
    html = _LINK.sub(r'<a class="paper-cited" href="#\1">\2</a>', html)
    return mark_safe(html)  # noqa: S308  built from nh3's output or from escaped text only


def unlinked(html: str) -> SafeString:
    """Rendered text with its links and marks of defined terms as plain words."""
    return mark_safe(re.sub(r"</?(?:a|dfn)\b[^>]*>", "", html))  # noqa: S308  takes tags out, adds nothing


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
