"""The log's events, and the base of every row whose changes must be explained by one."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, NoReturn, TypeVar

from django.db import models

T = TypeVar("T", bound=models.Model)

LOG_STREAM = uuid.UUID("00000000-0000-0000-0000-000000006962")
"""The log's own history: epochs and the like."""


class Unaudited(Exception):
    """Somebody tried to write an audited row without an event; use an operation."""


def _refused(*args: Any, **kwargs: Any) -> NoReturn:
    raise Unaudited("Audited rows are written by audit.record alone; call an operation.")


class AuditedQuerySet(models.QuerySet[T]):
    """Reads as usual; every write is refused."""

    update = delete = create = bulk_create = bulk_update = _refused
    get_or_create = update_or_create = _refused
    delete.alters_data = True  # type: ignore[attr-defined]


class Event(models.Model):
    """One thing somebody did: exact canonical bytes, numbered without gaps in its stream, never changed.

    `id`, `number`, `leaf` (RFC 6962 leaf hash of `body`) and the end of `body`, which says the number and the leaf of
    the stream's event before, are set by the database when the row is inserted. Ids rise but may have gaps; the place
    in the log is the Entry's. The other columns repeat what `body` says, for searching. A body that was lawfully
    erased is empty.
    """

    id = models.BigAutoField(primary_key=True)
    stream = models.UUIDField()
    number = models.BigIntegerField()
    action = models.CharField(max_length=80)
    actor = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=400)
    agency = models.UUIDField(null=True)
    private_to = models.UUIDField(null=True)
    at = models.DateTimeField()
    body = models.BinaryField()
    leaf = models.BinaryField()
    transaction = models.BigIntegerField()

    objects: ClassVar[models.Manager[Any]] = AuditedQuerySet.as_manager()

    save = delete = save_base = _refused

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["stream", "number"], name="one_event_per_number")]
        indexes = [
            models.Index(fields=["actor", "-id"], name="event_of_actor"),
            models.Index(fields=["agency", "-id"], name="event_of_agency"),
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.number} {self.action}"


class Stream(models.Model):
    """How many events a stream (an agreement, an agency, a person) has, and the leaf hashes of the last two."""

    id = models.UUIDField(primary_key=True)
    size = models.BigIntegerField(default=0)
    prev = models.BinaryField(default=bytes)
    leaf = models.BinaryField(default=bytes)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.id}: {self.size}"


class Entry(models.Model):
    """The place of an event in the log: numbers from 1 without a gap, given when it is entered (audit.log)."""

    seq = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, models.PROTECT, related_name="entry", db_constraint=False)
    leaf = models.BinaryField()

    objects: ClassVar[models.Manager[Any]] = AuditedQuerySet.as_manager()

    save = delete = save_base = _refused

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.seq)


class Node(models.Model):
    """The RFC 6962 hash over 2**level entries, kept for every eighth level so that proofs need few rows.

    `index` counts such subtrees from 0. A convenience: the notary reckons from the entries themselves.
    """

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    objects: ClassVar[models.Manager[Any]] = AuditedQuerySet.as_manager()

    save = delete = save_base = _refused

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="one_node_per_place")]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class Head(models.Model):
    """The one row whose lock gives events their places in the log: how many have one.

    Every event up to id `settled` has its place. Ids up to `drawn` were given out when the oldest transaction yet to
    begin was `horizon`; once all before that have ended, they are settled too, and whoever rolled back left gaps.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0)
    settled = models.BigIntegerField(default=0)
    drawn = models.BigIntegerField(default=0)
    horizon = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_head")]

    def __str__(self) -> str:
        return str(self.size)


class Checkpoint(models.Model):
    """A head of the log as the notary signed it: `note` is the whole C2SP signed note."""

    epoch = models.PositiveIntegerField()
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()
    signed_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Any]] = AuditedQuerySet.as_manager()

    save = delete = save_base = _refused

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["epoch", "size"], name="one_checkpoint_per_size")]

    def __str__(self) -> str:
        return f"epoch {self.epoch}, {self.size} entries"


class Notary(models.Model):
    """What the notary last said of itself, in one row, and how much of the log it was asked to sign.

    A convenience for pages, workers and health checks; the notary itself believes only its own directory.
    `server` names the very run of PostgreSQL and the very table that it looked at, which a restore changes.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    vkey = models.TextField(default="")
    seen_at = models.DateTimeField(null=True)
    server = models.TextField(default="")
    refused = models.TextField(default="")
    refused_at = models.DateTimeField(null=True)
    asked = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_notary")]

    def __str__(self) -> str:
        return self.refused or self.vkey


class Audited(models.Model):
    """A row that changes only together with the event that explains it.

    `last_event` is the optimistic lock, the ETag, and who changed it last. `STREAM_FIELD` names the column
    holding the stream the row's events belong to.
    """

    STREAM_FIELD: ClassVar[str] = "id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    last_event = models.ForeignKey(Event, models.PROTECT, related_name="+", editable=False, db_index=False)

    objects: ClassVar[models.Manager[Any]] = AuditedQuerySet.as_manager()

    class Meta:
        abstract = True

    save = delete = save_base = _refused


class Erasure(Audited):
    """The text of one event asked to be erased for a legal reason, and what a second person decided."""

    STREAM_FIELD = "stream"

    class Outcome(models.TextChoices):
        """What became of it; empty while the second person has not decided."""

        ERASED = "erased", "Erased"
        DECLINED = "declined", "Declined"

    stream = models.UUIDField()
    event = models.OneToOneField(Event, models.PROTECT, related_name="erasure")
    agency = models.UUIDField()
    reason = models.CharField(max_length=500)
    order = models.CharField(max_length=200)
    asked_by = models.UUIDField()
    asked_label = models.CharField(max_length=400)
    asked_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    decided_by = models.UUIDField(null=True)
    decided_label = models.CharField(max_length=400, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Erasure of event {self.event_id}"
