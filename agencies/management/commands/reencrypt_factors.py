"""`manage.py reencrypt_factors`: every second factor's secret under the newest SECRET_KEY."""

from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand
from django.db import transaction

from agencies.adapter import MFAAdapter

SECRETS = ("secret", "seed")


class Command(BaseCommand):
    """Run it after SECRET_KEY was changed and before the old one leaves SECRET_KEY_FALLBACKS."""

    help = "Encrypts the secrets of second factors anew, so that an old key can be taken out of SECRET_KEY_FALLBACKS."

    def handle(self, *args: Any, **options: Any) -> None:
        """One row at a time; a secret that no listed key opens is left as it is and counted."""
        done = lost = 0
        for pk in Authenticator.objects.values_list("pk", flat=True):
            try:
                done += self._anew(pk)
            except InvalidToken:
                lost += 1
        self.stdout.write(
            f"{done} secrets encrypted anew; {lost} could not be read: their owners must set them up again."
        )

    @transaction.atomic
    def _anew(self, pk: int) -> int:
        adapter, row = MFAAdapter(), Authenticator.objects.select_for_update().get(pk=pk)
        names = [name for name in SECRETS if name in row.data]
        for name in names:
            row.data[name] = adapter.encrypt(adapter.decrypt(row.data[name]))
        row.save(update_fields=["data"])
        return len(names)
