"""Who an account is: as django-allauth and the REST framework have it, asked by questions put together once."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import CharField, UUIDField
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed

from agencies.models import User
from common.prepared import Prepared, Slot

_TOKEN = Prepared(lambda: Token.objects.filter(key=Slot("key", CharField())).select_related("user"))
_USER = Prepared(lambda: User.objects.filter(pk=Slot("pk", UUIDField())))


class Accounts(AuthenticationBackend):  # type: ignore[misc]
    """Of whoever has signed in."""

    def get_user(self, user_id: Any) -> User | None:
        """The account of a session, if it may still be used."""
        found = _USER.one(pk=user_id)
        return found if self.user_can_authenticate(found) else None


class Tokens(TokenAuthentication):
    """Of a program that holds somebody's token."""

    def authenticate_credentials(self, key: str) -> tuple[User, Token]:
        """Whose token it is. Raises AuthenticationFailed."""
        token = _TOKEN.one(key=key)
        if token is None or not token.user.is_active:
            raise AuthenticationFailed("This token is not valid, or its account may not be used any more.")
        return token.user, token
