"""The log's events, and the base of every row whose changes must be explained by one."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, NoReturn, TypeVar

from django.db import models

T = TypeVar("T", bound=models.Model)


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
    """One thing somebody did: exact canonical bytes, numbered without gaps, never changed.

    `seq` (global) and `leaf` (RFC 6962 leaf hash of `body`) are set by the database when the row is inserted.
    The other columns repeat what `body` says, for searching.
    """

    seq = models.BigIntegerField(primary_key=True)
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
            models.Index(fields=["actor", "-seq"], name="event_of_actor"),
            models.Index(fields=["agency", "-seq"], name="event_of_agency"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"


class Head(models.Model):
    """The one row whose lock numbers events: the size of the log."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_head")]

    def __str__(self) -> str:
        return str(self.size)


class Stream(models.Model):
    """How many events a stream (an agreement, an agency, a person) has."""

    id = models.UUIDField(primary_key=True)
    size = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.id}: {self.size}"


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
