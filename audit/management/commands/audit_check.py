"""`manage.py audit_check`: does the log agree with itself, from the first text to the newest head?"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from audit.inspecting import Inspection

SHOWN = 20


class Command(BaseCommand):
    """Reckon everything anew."""

    help = "Reckons every hash, number and chain of the log anew from the texts. Ends with 1, naming the first bad entry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to take longer."""
        parser.add_argument(
            "--full", action="store_true", help="write every text anew as well, and ask every signed head"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One pass in one snapshot."""
        began = time.monotonic()
        inspection = Inspection(full=options["full"])
        with transaction.atomic():
            if len(connection.savepoint_ids) == 0:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            found = list(islice(inspection.findings(), SHOWN + 1))
        for finding in found[:SHOWN]:
            self.stderr.write(finding)
        if found:
            more = f" There is more than these {SHOWN}." if len(found) > SHOWN else ""
            self.stderr.write(f"The log does not agree with itself.{more}")
            raise SystemExit(1)
        self.stdout.write(
            f"{inspection.entries:,} entries, {inspection.waiting:,} events not yet entered: "
            f"the log agrees with itself. ({time.monotonic() - began:.1f} s)"
        )
