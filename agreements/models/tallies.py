"""How often a person did something on a day, where the history keeps only the first few."""

from __future__ import annotations

from datetime import date
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
