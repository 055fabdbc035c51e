"""Who an account is: as django-allauth has it."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import UUIDField

from agencies.models import User
from common.prepared import Prepared, Slot

_USER = Prepared(lambda: User.objects.filter(pk=Slot("pk", UUIDField())))


class Accounts(AuthenticationBackend):  # type: ignore[misc]
    """Django-allauth's, with the question that every request of a session asks put together once."""

    def get_user(self, user_id: Any) -> User | None:
        """The account of a session, if it may still be used."""
        found = next(iter(_USER.rows(pk=user_id)), None)
        return found if self.user_can_authenticate(found) else None
