"""`manage.py demo`: the fictional region, once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from agreements import demo


class Command(BaseCommand):
    """Load the demo data unless it is there."""

    help = "Builds a fictional region of agencies, people and sixty agreements. A second run changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Build it, or say that it is there already."""
        if not settings.DEMO_PASSWORD:
            raise CommandError(
                "Demo data is switched off here. Set DEMO=yes (and DEMO_PASSWORD in production)."
            )
        if demo.present():
            self._say("The demo data is there already; nothing was changed.", options)
            return
        made = demo.build(password=settings.DEMO_PASSWORD, totp=settings.DEMO_TOTP, now=timezone.now())
        self._say(
            f"Built {made} agreements. The password of every demo person is {settings.DEMO_PASSWORD}", options
        )

    def _say(self, text: str, options: dict[str, Any]) -> None:
        if options["verbosity"] > 0:
            self.stdout.write(text)
