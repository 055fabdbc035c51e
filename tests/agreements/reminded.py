"""When a reminder falls due, and what somebody was told of it."""

from datetime import UTC, datetime, timedelta

from agencies.models import Pace
from agencies.operations.accounts import choose_pace
from agreements.models import Agreement, Reminder
from common.models import Job
from tests.builders import NOW, World


def before(agreement: Agreement, days: int, *, hour: int = 15) -> datetime:
    """So many days before the last day, at an hour in UTC; in Denver it is seven or six hours earlier."""
    assert agreement.last_day is not None
    on = agreement.last_day - timedelta(days=days)
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def paced(made: World, key: str, pace: Pace) -> None:
    choose_pace(made.people[key], pace=pace, actor=made.people[key], now=NOW)


def mails(made: World, key: str) -> list[Job]:
    """What was written to somebody about deadlines."""
    rows = Job.objects.filter(kind="mail", owner=made.people[key].pk, key__startswith="mail:reminder")
    return list(rows.order_by("pk"))


def told(made: World, key: str) -> list[int]:
    rows = Reminder.objects.filter(person=made.people[key], deadline="last_day").exclude(told_at=None)
    return sorted(rows.values_list("rung", flat=True))
