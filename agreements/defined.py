"""Defined terms of an agreement: where each is defined, where it is used.

Words in bold are a definition where they stand in the definitions (a part or a provision whose name says so); elsewhere they are one when they stand in quotation marks as well: **“Shared Data”**. Everything else
follows from the words themselves, so a definition is kept nowhere but in the text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from agreements.wording import Content

LONGEST = 80
_BOLD = re.compile(r"(?<!\\)(?P<mark>\*\*|__)(?=\S)(?P<words>[^*\n{}]+?)(?<=\S)(?P=mark)")
_TAG = re.compile(r"(<[^>]*>)")


@dataclass(frozen=True)
class Term:
    """A defined term and the provision that defines it."""

    words: str
    provision: str

    @property
    def anchor(self) -> str:
        """Where it is defined on a page."""
        return f"term-{re.sub(r'[^a-z0-9]+', '-', self.words.lower()).strip('-')}"


def defines(row: Mapping[str, Any]) -> bool:
    """Whether a provision is among the definitions."""
    named = f"{row.get('part') or ''} {row.get('heading') or ''}".lower()
    return "definition" in named or "defined terms" in named


def definitions(content: Content) -> list[Term]:
    """Every definition in the order of the text; a term defined twice is there twice."""
    return [Term(words, row["id"]) for row in content["provisions"] for words in _defined_in(row)]


def _defined_in(row: Mapping[str, Any]) -> Iterator[str]:
    inside = defines(row)
    for match in _BOLD.finditer(row["text"]):
        words = " ".join(re.sub(r"\\(\W)", r"\1", match["words"]).split())
        plain = words.strip("“”\"'‘’")
        quoted = plain != words or _quoted(row["text"], match)
        if (inside or quoted) and 0 < len(plain) <= LONGEST and plain[0].isalpha():
            yield plain


def _quoted(text: str, match: re.Match[str]) -> bool:
    return text[match.start() - 1 : match.start()] in {"“", '"'} and text[match.end() : match.end() + 1] in {
        "”",
        '"',
    }


def forms(words: str) -> tuple[str, ...]:
    """A term as it is recognised: its words as they are written, and their plural."""
    many = f"{words[:-1]}ies" if words.endswith("y") else f"{words}s"
    return (words, many, f"{words}es")


def _pattern(known: Iterable[str]) -> re.Pattern[str]:
    """Any of these forms as whole words, the longest first; the first letters are looked at before anything else.

    Safe HTML has & only before the name of a character, which is no word.
    """
    longest = sorted(known, key=len, reverse=True)
    first = "".join(sorted({re.escape(each[0]) for each in longest}))
    return re.compile(rf"(?<![\w&#-])(?=[{first}])(?:{'|'.join(map(re.escape, longest))})(?![\w-])")


def times_used(words: str, content: Content) -> int:
    """How often a term stands in the text, its definition counted too."""
    use, stem = _pattern(forms(words)), words.removesuffix("y")
    return sum(len(use.findall(row["text"])) for row in content["provisions"] if stem in row["text"])


class Linker:
    """Puts marks into rendered texts: a definition becomes <dfn>, the first use in each other provision a link to it."""

    def __init__(self, content: Content) -> None:
        self.terms: dict[str, Term] = {}
        self.own: dict[str, dict[str, Term]] = {}
        for term in definitions(content):
            if self.terms.setdefault(term.words, term) is term:
                self.own.setdefault(term.provision, {})[term.words] = term
        self.by_form = {
            escape(form): term
            for term in reversed(self.terms.values())
            for form in reversed(forms(term.words))
        }
        self.by_form |= {escape(term.words): term for term in self.terms.values()}
        self.uses = _pattern(self.by_form) if self.terms else None

    def linked(self, html: SafeString, row: Mapping[str, Any]) -> SafeString:
        """The rendered text of a provision with its terms marked."""
        if self.uses is None:
            return html
        own = self.own.get(row["id"], {})
        marked = _marked(html, own)
        link = partial(self._link, seen=set(own))
        out, skipping = [], 0
        for piece in _TAG.split(marked):
            if piece.startswith("<"):
                skipping += _opens(piece)
                out.append(piece)
            else:
                out.append(piece if skipping else self.uses.sub(link, piece))
        return mark_safe("".join(out))  # noqa: S308  words of safe HTML, with tags of ours around some

    def _link(self, use: re.Match[str], seen: set[str]) -> str:
        term = self.by_form[use.group()]
        if term.words in seen:
            return use.group()
        seen.add(term.words)
        return f'<a class="paper-term" href="#{term.anchor}">{use.group()}</a>'


def _opens(tag: str) -> int:
    """Inside links, definitions and gaps nothing is linked."""
    if tag.startswith(("<a ", "<dfn", "<span")):
        return 1
    return -1 if tag in {"</a>", "</dfn>", "</span>"} else 0


def _marked(html: str, own: Mapping[str, Term]) -> str:
    """The definitions of this provision, each marked where it is made."""
    for words, term in own.items():
        bold = re.compile(rf"<strong>([“\"'‘]?{re.escape(escape(words))}[”\"'’]?)</strong>")
        html = bold.sub(rf'<strong><dfn id="{term.anchor}">\1</dfn></strong>', html, count=1)
    return html
