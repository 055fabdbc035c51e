"""What a careful reader would notice in the text itself: references that lead nowhere or in a circle, terms defined
twice or never used, names in braces that mean nothing. Pure; findings beside those of the rules, and none stops a step.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from agreements import defined, placeholders, prose
from agreements.numbering import labels_of
from agreements.requirements import Finding
from agreements.wording import Content, joined

SOURCE = "The agreement’s own text"
SAYS_LITTLE = 20
"""Words up to which a provision that refers to another says nothing beside."""


def proofread(content: Content) -> list[Finding]:
    """The findings, in the order of the text."""
    labels = labels_of(content)
    found = [*_references(content), *_circles(content, labels), *_terms(content, labels)]
    place = {row["id"]: number for number, row in enumerate(content["provisions"])}
    return sorted(found, key=lambda one: place[one.subject_id])


def _finding(rule: str, severity: str, message: str, row: Mapping[str, Any]) -> Finding:
    return Finding(
        rule=rule, severity=severity, result="fail", message=message, citation=SOURCE,
        points_to=f"provision/{row['id']}/text", subject=row["heading"], subject_id=row["id"], waivable=False,
    )  # fmt: skip


def _references(content: Content) -> Iterator[Finding]:
    values = placeholders.values(content)
    for row in content["provisions"]:
        for name in dict.fromkeys(prose.PLACEHOLDER.findall(row["text"])):
            value = prose.value_of(values, name[1:-1])
            if value is None:
                words = f"{name} is none of the names that are filled in, so it stands in the text as it was typed."
                yield _finding("TEXT-1", "warn", words, row)
            elif name.startswith("{section.") and isinstance(gap := value(), prose.Gap):
                words = f"{name} refers to {gap.what.removeprefix('a reference that fits ')}. Refer to another one, or take it out."
                yield _finding("TEXT-2", "warn", words, row)


def _circles(content: Content, labels: Mapping[str, str]) -> Iterator[Finding]:
    """Provisions that only send the reader on, and at the end back to where the reader began."""
    rows = {placeholders.code_of(row["id"]): row for row in content["provisions"]}
    onward = {code: _onward(row["text"], rows) for code, row in rows.items()}
    done: set[str] = set()
    for start in onward:
        circle = _followed(start, onward)
        if circle and done.isdisjoint(circle):
            done |= set(circle)
            ways = " → ".join(labels.get(rows[code]["id"], "") for code in [*circle, circle[0]])
            words = f"Here one provision only refers to the next and the last to the first: {ways}. Say in one of them what applies."
            yield _finding("TEXT-3", "warn", words, rows[circle[0]])


def _onward(text: str, rows: Mapping[str, Any]) -> list[str]:
    """The provisions to which a text that says little else refers."""
    if len(text.split()) > SAYS_LITTLE:
        return []
    names = re.findall(r"\{section\.([a-z_0-9.]+)\}", text)
    return [code for code in names if code in rows]


def _followed(start: str, onward: Mapping[str, list[str]]) -> list[str]:
    """The way from `start` back to it; nothing where there is none."""
    way, seen = [(start, iter(onward[start]))], {start}
    while way:
        code = next(way[-1][1], None)
        if code is None:
            way.pop()
        elif code == start:
            return [each for each, _ in way]
        elif code not in seen:
            seen.add(code)
            way.append((code, iter(onward[code])))
    return []


def _terms(content: Content, labels: Mapping[str, str]) -> Iterator[Finding]:
    terms = defined.definitions(content)
    rows = {row["id"]: row for row in content["provisions"]}
    counts = Counter(term.words for term in terms)
    for words, number in counts.items():
        places = [term.provision for term in terms if term.words == words]
        if number > 1:
            where = joined(dict.fromkeys(labels.get(place, "") for place in places))
            said = f"“{words}” is defined {'twice' if number == 2 else f'{number} times'}, in {where}. Keep one definition."
            yield _finding("TEXT-4", "info", said, rows[places[-1]])
        elif defined.times_used(words, content) <= number:
            said = f"“{words}” is defined here and used nowhere in the text."
            yield _finding("TEXT-5", "info", said, rows[places[0]])
