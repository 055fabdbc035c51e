"""What the parties owe on which days under an agreed text: tasks, measurements, certificates at the end. Pure.

All days are calendar days in the agreement's time zone; last days are inclusive. `asked_on` is the day from which
people are asked, `due_on` the last day on which it is in time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from agreements import pace, term, wording
from common.dates import day

Content = Mapping[str, Any]
DAY = timedelta(days=1)
LEAD = timedelta(days=30)
"""How long before the day it is due people are asked."""
CUSTOMARY = 30
"""Days for returning or destroying data where the text names none: the lower end of what is customary."""
ALWAYS = date.max - timedelta(days=400)
FURTHER = timedelta(days=40_000)

COMMITMENT, MEASURE, CLOSEOUT, ACCESS, PAPER = "commitment", "measure", "closeout", "access", "paper"


@dataclass(frozen=True)
class Occurrence:
    """One thing one party owes on one day. `key` makes it exist once; `answers` are the parties that check it, none: any other."""

    key: str
    kind: str
    source: str
    party: str
    what: str
    rule: str
    asked_on: date
    due_on: date
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paper:
    """A paper on file that runs out: a training record, a certificate."""

    id: str
    name: str
    party: str
    until: date


@dataclass(frozen=True)
class Life:
    """What happened to the agreement: its first and last day, whether the end is settled by an act, who left when.

    `replaced`: another agreement took its place, under which its data goes on.
    """

    first: date
    last: date | None
    settled: bool = False
    replaced: bool = False
    left: Mapping[str, date] = field(default_factory=dict)
    papers: Sequence[Paper] = ()


Texts = Sequence[tuple[date, Content]]
"""Every agreed text with the first day on which it holds, in order."""


def owed(texts: Texts, life: Life, *, since: date, until: date) -> list[Occurrence]:
    """Everything due from `since` on of which people are to be asked by `until`, soonest first."""
    found = [*_recurring(texts, life, until + LEAD), *_closing(texts, life), *_papers(life)]
    asked = (one for one in found if one.due_on >= since and one.asked_on <= until)
    return sorted(asked, key=lambda one: (one.due_on, one.kind, one.what, one.key))


def next_asked(texts: Texts, life: Life, *, after: date) -> date | None:
    """The first day after `after` on which people are to be asked for something; None when nothing comes any more."""
    for reach in (timedelta(days=400), FURTHER):
        until = min(after + reach, ALWAYS)
        days = [
            one.asked_on for one in owed(texts, life, since=date.min, until=until) if one.asked_on > after
        ]
        if days:
            return min(days)
    return None


def undated(content: Content) -> list[Mapping[str, Any]]:
    """The commitments whose words settle no day: done all the time, or on an occasion."""
    return [row for row in content.get("commitments") or [] if _when(row) == pace.When()]


def _when(row: Mapping[str, Any]) -> pace.When:
    if "frequency" in row:
        return pace.read("", row.get("frequency") or "")
    return pace.read(row.get("due") or "", row.get("recurrence") or "")


def _recurring(texts: Texts, life: Life, until: date) -> Iterator[Occurrence]:
    """Commitments and measurements of each text on the days on which it is the one that holds."""
    nexts = [first for first, _ in texts[1:]] + [None]
    for (first, content), after in zip(texts, nexts, strict=True):
        final = min(until, after - DAY) if after else until
        for row in content.get("commitments") or []:
            for on, rule in _days(row, row["party"], life, final):
                if on >= first:
                    yield _asked(COMMITMENT, row["id"], row["party"], row["text"], rule, on)
        for row in content.get("measures") or []:
            owner = row.get("owner") or _host(content)
            for on, rule in _days(row, owner, life, final):
                if on >= first:
                    yield _asked(MEASURE, row["id"], owner, f"Measure: {row['name']}", rule, on)


def _days(row: Mapping[str, Any], party: str, life: Life, until: date) -> Iterator[tuple[date, str]]:
    last = _earlier(life.last, life.left.get(party))
    yield from pace.days(_when(row), pace.Span(life.first, last), until=until)


def _asked(kind: str, source: str, party: str, what: str, rule: str, on: date) -> Occurrence:
    return Occurrence(f"{kind}:{source}:{on.isoformat()}", kind, source, party, what, rule, on - LEAD, on)


def _host(content: Content) -> str:
    """Who reports a measure that names nobody: the lead agency's party, else the first."""
    rows = content["parties"]
    return str(next((row["id"] for row in rows if row["agency"] == content.get("lead")), rows[0]["id"]))


def _earlier(*days: date | None) -> date | None:
    return min((one for one in days if one is not None), default=None)


def _closing(texts: Texts, life: Life) -> Iterator[Occurrence]:
    """At the end: of each recipient a certificate for each dataset, and that its people's access is over.

    Data that came from a party that leaves is due when that party leaves.
    """
    if life.replaced:
        return
    ends: dict[tuple[str, str, date], list[str]] = {}
    names: dict[str, str] = {}
    terms: dict[date, Content] = {}
    for content, dataset, flow in _flows(texts):
        end = _earlier(life.last, life.left.get(flow["provider"]), life.left.get(flow["recipient"]))
        if end is None or _text_on(texts, end) is not content:
            continue
        names[dataset["id"]], terms[end] = dataset["name"], content["term"]
        ends.setdefault((dataset["id"], flow["recipient"], end), []).append(flow["provider"])
    for (dataset_id, recipient, end), providers in ends.items():
        yield _certificate(dataset_id, names[dataset_id], recipient, providers, end, terms[end], life)
    for recipient in {key[1] for key in ends}:
        end = max(key[2] for key in ends if key[1] == recipient)
        asked = _closes(end, life)
        yield Occurrence(f"{ACCESS}:{recipient}:{end.isoformat()}", ACCESS, recipient, recipient,
                         "End the access of your people to the data", f"the day after the last day, {day(end)}",
                         asked, end + DAY)  # fmt: skip


def _certificate(
    dataset: str, name: str, recipient: str, providers: list[str], end: date, agreed: Content, life: Life
) -> Occurrence:
    stated = agreed.get("closeout_days")
    due = term.closeout_due_on(end, stated if stated is not None else CUSTOMARY) or end
    rule = (
        f"{stated} days"
        if stated is not None
        else f"the text names no period; {CUSTOMARY} days are customary,"
    )
    how = wording.CLOSEOUT.get(str(agreed.get("closeout")), wording.CLOSEOUT["either"])
    return Occurrence(f"{CLOSEOUT}:{dataset}:{recipient}:{end.isoformat()}", CLOSEOUT, dataset, recipient,
                      f"{how[:1].upper()}{how[1:]}: {name}", f"{rule} after the last day, {day(end)}",
                      _closes(end, life), due, tuple(dict.fromkeys(providers)))  # fmt: skip


def _closes(end: date, life: Life) -> date:
    """An end by an act is asked for on the last day itself; before one by the term there may still be a renewal."""
    return end if life.settled or end != life.last else end + DAY


def _flows(texts: Texts) -> Iterator[tuple[Content, Mapping[str, Any], Mapping[str, Any]]]:
    for _, content in texts:
        for dataset in content.get("datasets") or []:
            for flow in dataset.get("flows") or []:
                yield content, dataset, flow


def _text_on(texts: Texts, on: date) -> Content | None:
    return next((content for first, content in reversed(texts) if first <= on), None)


def _papers(life: Life) -> Iterator[Occurrence]:
    """What is on file and runs out while the agreement lasts is to be renewed by its last day."""
    for row in life.papers:
        if life.last is None or row.until <= life.last:
            yield Occurrence(f"{PAPER}:{row.id}", PAPER, row.id, row.party, f"Renew: {row.name}",
                             f"valid until {day(row.until)}", row.until - LEAD, row.until)  # fmt: skip
