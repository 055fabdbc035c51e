"""`manage.py documents [--retry]`: final documents that are due and not there, why, and to have them made now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from agreements import undone
from agreements.operations import retrying


class Command(BaseCommand):
    """One line for each."""

    help = "Lists final documents that are due and not there; --retry has them made now."

    def add_arguments(self, parser: CommandParser) -> None:
        """--retry."""
        parser.add_argument("--retry", action="store_true", help="put each of them to the front of the queue")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what is missing since when and why."""
        found = list(undone.all_of_them())
        for one in found:
            due = (
                f"due since {one.agreement.executed_at:%Y-%m-%d %H:%M}Z" if one.agreement.executed_at else ""
            )
            self.stdout.write(f"{one.agreement.reference}  {due}  {one.state}  {one.why}".rstrip())
            if options["retry"]:
                retrying.again(one, now=timezone.now())
        self.stdout.write(
            f"{len(found)} not made{', all asked for again' if options['retry'] and found else ''}"
        )
