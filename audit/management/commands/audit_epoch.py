"""`manage.py audit_epoch --reason "…"`: the database was restored, and we say so."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit import epochs, heads
from audit.notary import Office, Trouble
from audit.notebook import Busy, Damaged, Notebook


class Command(BaseCommand):
    """Declare a restore, or let the mail go that is held since."""

    help = (
        "Declares that the database was restored: the log goes on in a new epoch that names the last head of the old one "
        "and the entries that were lost. Unsent mail is held until it is released with --release-mail."
    )

    requires_system_checks = ()  # they read every address and page, of which it needs none

    def add_arguments(self, parser: CommandParser) -> None:
        """Either a reason or the release of mail."""
        parser.add_argument(
            "--reason", default="", help="why the database was restored; everybody will read it"
        )
        parser.add_argument("--release-mail", action="store_true", help="send the held mail after all")
        parser.add_argument(
            "--since", type=_instant, help="with --release-mail: only what was written since then"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one of the two."""
        if options["release_mail"]:
            released = epochs.release_mail(now=timezone.now(), since=options["since"])
            self.stdout.write(f"{released} held mails will be sent now.")
            return
        reason = " ".join(options["reason"].split())
        if not 3 <= len(reason) <= 500:
            raise CommandError(
                'Say why, in a sentence: --reason "The disk failed; backup of Monday 06:00 restored."'
            )
        self._declare(reason)

    def _declare(self, reason: str) -> None:
        office = Office(Notebook(settings.NOTARY_DIR), heads.host())
        refused_at = (said := heads.status()) and said.refused_at
        try:
            made = epochs.declare(office, reason=reason, now=timezone.now())
        except (epochs.NotNeeded, Trouble, Damaged, Busy) as refused:
            raise CommandError(str(refused)) from None
        office.turn(now=timezone.now())  # which takes the refusal off every page
        facts = made.facts
        self.stdout.write(
            f"Epoch {made.epoch} is open with {made.size} entries. Of epoch {facts['old_epoch']} the entries up to "
            f"{facts['kept']} are kept; entries {facts['lost_first']} to {facts['lost_last']} are lost.\n"
            f"{made.held} unsent mails are held, because they may have been sent before."
        )
        if made.held:
            since = f" --since {refused_at:%Y-%m-%dT%H:%M:%SZ}" if refused_at else ""
            self.stdout.write(
                "Look at them, then release those that should go:\n  manage.py audit_epoch --release-mail"
                + (f"\nor only what was written since the restore was noticed:\n  manage.py audit_epoch --release-mail{since}" if since else "")
            )  # fmt: skip


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else timezone.make_aware(found)
