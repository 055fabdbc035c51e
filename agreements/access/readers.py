"""Who has seen, exported or downloaded something, as the history tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from agencies.asof import names
from agreements.models import Agreement
from audit.models import Event
from audit.sentences import body, sentence

READS: dict[str, str] = {
    "agreement.viewed_by_grant": "Opened it by a grant or as an overseer",
    "document.downloaded": "Downloaded the final document",
    "version.downloaded": "Downloaded a version as a Word file",
    "history.exported": "Exported the history",
    "history.printed": "Took the history as a PDF",
    "access_report.exported": "Took an access report",
    "dossier.made": "Made a dossier",
    "dossier.included": "Took it into a dossier",
    "dossier.downloaded": "Downloaded a dossier",
    "portfolio.taken": "Took a portfolio report",
    "attempt.refused": "Was refused",
}
"""The reads that matter and what they are called; whatever ends like a taking away is one too."""

OTHERS = Q(action__endswith=".exported") | Q(action__endswith=".downloaded")
COLUMNS = ("Time (UTC)", "Person", "Agency", "What", "In words", "About", "Address", "Entry")


@dataclass(frozen=True)
class Read:
    """One read: who, for which agency, what, when, and where it came from."""

    event: Event
    at: datetime
    who: str
    agency: str
    what: str
    says: str
    address: str
    about: str
    url: str


def reads(events: QuerySet[Event]) -> QuerySet[Event]:
    """Those of the events that tell of a read."""
    return events.filter(Q(action__in=list(READS)) | OTHERS)


def told(events: list[Event]) -> list[Read]:
    """The reads with the names of agencies and agreements at hand."""
    called = names({event.agency for event in events if event.agency} | {event.stream for event in events})
    titles = dict(Agreement.objects.filter(pk__in={e.stream for e in events}).values_list("pk", "reference"))
    return [_read(event, called, titles) for event in events]


def link(event: Event, *, agreement: bool) -> str:
    """Where the event stands among the others."""
    if agreement:
        return f"/agreements/{event.stream}/history/?before={event.number + 1}"
    return f"/audit/?before={event.pk + 1}"


def cells(read: Read) -> list[str]:
    """A read as a line of a table."""
    at = f"{read.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return [at, read.who, read.agency, read.what, read.says, read.about, read.address, str(read.event.number)]


def _read(event: Event, called: dict[UUID, str], titles: dict[UUID, str]) -> Read:
    request = body(event).get("request", {}) if event.body else {}
    return Read(
        event=event, at=event.at, who=event.actor_label, agency=called.get(event.agency, "") if event.agency else "",
        what=READS.get(event.action) or event.action.replace(".", " ").replace("_", " ").capitalize(),
        says=sentence(event) if event.body else "", address=str(request.get("ip", "")),
        about=titles.get(event.stream) or called.get(event.stream, ""),
        url=link(event, agreement=event.stream in titles),
    )  # fmt: skip
