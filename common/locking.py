"""Letting one process at a time do what rows alone can't keep apart."""

from django.db import connection


def one_at_a_time(what: int) -> None:
    """Wait until no other transaction is at `what`, a number known by its use; it is ours until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [what])
