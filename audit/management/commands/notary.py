"""`manage.py notary`: the process that signs heads of the log, for as long as it runs."""

import signal
import threading
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone

from audit import heads
from audit.notary import Office
from audit.notebook import Busy, Notebook

EVERY_SECONDS = 1.0

logger = structlog.get_logger(__name__)


class Command(BaseCommand):
    """Look at the log every second; sign what is new every ten minutes, and at once what matters."""

    help = "Follows the log and signs heads of it, with a key and a state outside the database (NOTARY_DIR)."

    requires_system_checks = ()  # they read every address and page, of which it needs none

    def add_arguments(self, parser: CommandParser) -> None:
        """One look, or one look at everything."""
        parser.add_argument("--once", action="store_true", help="look once, sign what is new, and end")
        parser.add_argument("--full", action="store_true", help="compare the whole log once, sign, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to stop."""
        office = Office(Notebook(settings.NOTARY_DIR), heads.host())
        if options["once"] or options["full"]:
            self._once(office, whole=options["full"])
            return
        ended = threading.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: ended.set())
        fault = ""
        while not ended.is_set():
            before, fault = fault, _looked(office)
            if fault and fault != before:
                logger.warning("notary.could_not_look", reason=fault)
            ended.wait(EVERY_SECONDS)

    def _once(self, office: Office, *, whole: bool) -> None:
        state = office.turn(now=timezone.now(), ask=True, whole=whole)
        said = heads.status()
        if state is None or state.refused:
            raise CommandError(f"Refused: {said.refused if said else ''}")
        checked = "Every entry is as it was followed. " if whole else ""
        self.stdout.write(
            f"{checked}Epoch {state.epoch}, {state.size} entries, head over {state.signed_size}.\n{state.note}"
        )


def _looked(office: Office) -> str:
    """One turn; a database that is away is waited for. Returns what went wrong."""
    try:
        close_old_connections()
        office.turn(now=timezone.now())
    except (DatabaseError, InterfaceError, OSError, Busy) as error:
        connection.close()
        return f"{type(error).__name__}: {error}"
    return ""
