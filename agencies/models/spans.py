"""Rows that hold from a day until a day, and the one way of asking whether they hold."""

import datetime as dt

from django.db import models
from django.db.models import F, Q


def holds(on: dt.date, prefix: str = "") -> Q:
    """The condition "begun by `on` and not yet ended on it"; `until` itself is the first day without.

    `prefix` leads to the row through a relation, for instance "memberships__".
    """
    begun = Q(**{f"{prefix}since__lte": on})
    return begun & (Q(**{f"{prefix}until__isnull": True}) | Q(**{f"{prefix}until__gt": on}))


def ends_after_it_begins(name: str) -> models.CheckConstraint:
    """A database constraint: the end is empty or not before the beginning."""
    return models.CheckConstraint(
        name=name,
        condition=Q(until__isnull=True) | Q(until__gte=F("since")),
        violation_error_message="The end can't be before the beginning.",
    )
