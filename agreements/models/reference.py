"""Human numbers such as IEA-2026-0042, never used twice."""

from __future__ import annotations

from django.db import connection, models


class Reference(models.Model):
    """The last number given for a prefix in a year."""

    prefix = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["prefix", "year"], name="one_counter_per_prefix_and_year")
        ]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}-{self.last:04d}"


def next_reference(prefix: str, year: int) -> str:
    """The next free human number, inside the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO agreements_reference (prefix, year, last) VALUES (%s, %s, 1) "
            "ON CONFLICT (prefix, year) DO UPDATE SET last = agreements_reference.last + 1 RETURNING last",
            [prefix, year],
        )
        number: int = cursor.fetchone()[0]
    return f"{prefix}-{year}-{number:04d}"
