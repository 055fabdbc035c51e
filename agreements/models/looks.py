"""Which version of a text a person last looked at: what "since you last looked" is reckoned from."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, models


class Look(models.Model):
    """The newest version a person has opened, and the one they had opened before it, with when.

    For that person's pages alone: nobody else is shown it, and it is no part of any history.
    """

    person = models.UUIDField()
    agreement = models.UUIDField()
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    before = models.PositiveIntegerField(null=True)
    before_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["person", "agreement"], name="one_look_per_agreement")]

    def __str__(self) -> str:
        return f"{self.person} {self.agreement}: version {self.version}"


def look(person: UUID, agreement: UUID, *, version: int, now: datetime) -> Look:
    """Note that `person` has opened `version`; what they had opened before stays known. Opening it again only
    sets the time.

    One statement that never fails for being done twice at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO agreements_look AS l (person, agreement, version, at) VALUES (%(who)s, %(what)s, %(version)s, %(now)s) "
            "ON CONFLICT (person, agreement) DO UPDATE SET "
            "before = CASE WHEN l.version < excluded.version THEN l.version ELSE l.before END, "
            "before_at = CASE WHEN l.version < excluded.version THEN l.at ELSE l.before_at END, "
            "version = greatest(l.version, excluded.version), at = excluded.at "
            "RETURNING id, version, at, before, before_at",
            {"who": person, "what": agreement, "version": version, "now": now},
        )
        row = cursor.fetchone()
    key, newest, at, before, before_at = row
    return Look(
        pk=key, person=person, agreement=agreement, version=newest, at=at, before=before, before_at=before_at
    )
