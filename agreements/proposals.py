"""Suggestions as people read them: where they belong in the text, and word by word what they would change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agencies.models import Agency, User
from agreements.models import Agreement, Suggestion, SuggestionKind, SuggestionState
from agreements.worddiff import Piece, words


@dataclass(frozen=True)
class Shown:
    """One suggestion with its words marked; `label` cites its provision as this reader's text does."""

    row: Suggestion
    label: str
    after: str
    heading: tuple[Piece, ...]
    text: tuple[Piece, ...]

    @property
    def says(self) -> str:
        """What is suggested: "Other words for 3.2"."""
        if self.row.kind == SuggestionKind.INSERT:
            return f"A new provision after {self.after}" if self.after else "A new provision at the beginning"
        if self.row.kind == SuggestionKind.MOVE:
            return f"Move {self.label} {'after ' + self.after if self.after else 'to the beginning'}"
        if self.row.kind == SuggestionKind.VALUE:
            return f"Another value for {self.row.heading}"
        if self.row.kind == SuggestionKind.DELETE:
            return f"Take {self.label} out"
        return f"Other words for {self.label}"


def shown(rows: Iterable[Suggestion], labels: Mapping[str, str]) -> list[Shown]:
    """The suggestions as they read beside a text whose provisions have these labels."""
    return [_shown(row, labels) for row in rows]


def _shown(row: Suggestion, labels: Mapping[str, str]) -> Shown:
    after = labels.get(str(row.after_id), "") if row.after_id else ""
    label = labels.get(str(row.provision_id), "") or f"“{row.base_heading or row.base_text[:60]}”"
    if row.kind == SuggestionKind.MOVE:
        return Shown(row, label, after, words(row.heading, row.heading), ())
    if row.kind == SuggestionKind.VALUE:  # old -> new: the words of a value are no text in which words change
        nothing = (Piece("same", "nothing"),)
        gone, come = words(row.base_text, "") or nothing, words("", row.text) or nothing
        return Shown(row, label, after, (), (*gone, Piece("same", " → "), *come))
    return Shown(row, label, after, words(row.base_heading, row.heading), words(row.base_text, row.text))


def of(agreement: Agreement) -> list[Suggestion]:
    """Every suggestion, the open ones first, in the order they were made."""
    rows = agreement.suggestions.select_related("author", "author_agency", "decided_by", "decided_agency")
    found = list(rows.order_by("made_at", "place", "id"))
    return sorted(found, key=lambda row: row.state != SuggestionState.OPEN)


@dataclass(frozen=True)
class Group:
    """The open suggestions of one person."""

    author: User
    agency: Agency
    rows: tuple[Shown, ...]


def by_author(rows: Iterable[Shown]) -> list[Group]:
    """Who has more than one open suggestion, with them."""
    found: dict[object, list[Shown]] = defaultdict(list)
    for one in rows:
        if one.row.open:
            found[one.row.author_id].append(one)
    return [
        Group(group[0].row.author, group[0].row.author_agency, tuple(group))
        for group in found.values()
        if len(group) > 1
    ]


def beside(rows: Iterable[Shown]) -> dict[str, list[Shown]]:
    """The open ones by the provision at which they are shown: their own, or the one they come after."""
    found: dict[str, list[Shown]] = defaultdict(list)
    for one in rows:
        if one.row.open and one.row.kind != SuggestionKind.VALUE:
            found[str(one.row.provision_id or one.row.after_id or "")].append(one)
    return found
