"""How often a person did something on a day, where the history keeps only the first few."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection, models


class Tally(models.Model):
    """How often one person did one kind of thing on one day; `subject` is what it was done with, or themselves.

    Not part of the history: it bounds what goes into it.
    """

    person = models.UUIDField()
    day = models.DateField()
    kind = models.CharField(max_length=40)
    subject = models.UUIDField()
    times = models.PositiveIntegerField(default=1)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "day", "kind", "subject"], name="one_tally_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.day} {self.kind}: {self.times}"


def counted(person: UUID, kind: str, *, subject: UUID, day: date, most: int) -> bool:
    """Count once more in the caller's transaction; whether it was among the first `most` of the day.

    One statement that never fails for being done twice at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO agreements_tally AS t (person, day, kind, subject, times) VALUES (%s, %s, %s, %s, 1) "
            "ON CONFLICT (person, day, kind, subject) DO UPDATE SET times = t.times + 1 WHERE t.times < %s "
            "RETURNING times",
            [person, day, kind, subject, most],
        )
        return cursor.fetchone() is not None


class Tries(models.Model):
    """How often a person tried to prove who they are at the act, since when. Not part of the history."""

    person = models.UUIDField(primary_key=True)
    since = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.person} since {self.since}: {self.times}"


def begun(person: UUID, *, now: datetime, pause: timedelta) -> int:
    """The number of this try since the first of the last `pause`; it holds the row till the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO agreements_tries AS t (person, since, times) VALUES (%(person)s, %(now)s, 1) "
            "ON CONFLICT (person) DO UPDATE SET "
            "times = CASE WHEN t.since <= %(first)s THEN 1 ELSE t.times + 1 END, "
            "since = CASE WHEN t.since <= %(first)s THEN EXCLUDED.since ELSE t.since END RETURNING times",
            {"person": person, "now": now, "first": now - pause},
        )
        return int(cursor.fetchone()[0])


def taken_back(person: UUID) -> None:
    """A try that succeeded is none."""
    Tries.objects.filter(person=person, times__gt=0).update(times=models.F("times") - 1)
