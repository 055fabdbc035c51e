"""Whether the history is signed, and how much of it somebody outside could already miss: the desk's line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from audit import heads, log
from audit.models import Checkpoint, Entry, Event, OutsideHead
from audit.witnessing import newest_outside

SILENT = timedelta(minutes=2)
"""The notary says every few seconds that it is there; after this long it is not."""
SLOW = timedelta(minutes=15)
"""The notary signs every ten minutes at least."""

INTACT, BEHIND, REFUSED, UNSIGNED = "intact", "behind", "refused", "unsigned"


@dataclass(frozen=True)
class Health:
    """The state of the history at `now`."""

    now: datetime
    entries: int
    head: Checkpoint | None
    outside: OutsideHead | None
    waiting_since: datetime | None
    outside_missing_since: datetime | None
    notary_seen_at: datetime | None
    refused: str
    by_mail: bool

    @property
    def state(self) -> str:
        """Refused before behind before intact: the worst that is so."""
        if self.refused:
            return REFUSED
        if self.head is None:
            return UNSIGNED
        late = self.waiting_since is not None and self.now - self.waiting_since > SLOW
        return BEHIND if late or self.silent else INTACT

    @property
    def silent(self) -> bool:
        """Whether the notary has not been heard of lately."""
        return self.notary_seen_at is None or self.now - self.notary_seen_at > SILENT

    @property
    def signed(self) -> int:
        """How many entries the newest signed head covers."""
        return self.head.size if self.head else 0

    @property
    def unsigned(self) -> int:
        """How many entries no signed head covers yet."""
        return max(0, self.entries - self.signed)

    @property
    def outside_behind(self) -> int:
        """How many entries the newest head that somebody outside holds does not cover."""
        return max(0, self.entries - (self.outside.size if self.outside else 0))

    @property
    def outside_age(self) -> timedelta | None:
        """How long ago the newest outside head was first seen outside."""
        return self.now - self.outside.seen_at if self.outside else None

    @property
    def outside_lag(self) -> timedelta:
        """For how long there have been entries that no outside head covers."""
        return self.now - self.outside_missing_since if self.outside_missing_since else timedelta(0)


def health(*, now: datetime) -> Health:
    """The state of the history, from the notary's word, the heads and the entries: a few rows by index."""
    said, head, outside = heads.status(), heads.newest(), newest_outside()
    return Health(
        now=now, entries=log.size(), head=head, outside=outside,
        waiting_since=_first_after(head.size if head else 0),
        outside_missing_since=_first_after(outside.size if outside else 0),
        notary_seen_at=said.seen_at if said else None, refused=said.refused if said else "",
        by_mail=bool(settings.EMAIL_URL),
    )  # fmt: skip


def _first_after(size: int) -> datetime | None:
    """When the first entry that a head of this size does not cover was written."""
    entry = Entry.objects.filter(seq=size + 1).first()
    event = Event.objects.filter(pk=entry.event_id).only("at").first() if entry else None
    return event.at if event else None
