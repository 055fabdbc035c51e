"""The forms at the door that ask for a code: each code is good once, as at the act of signing."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from django.utils import timezone

from agencies import factors


class _OnceOnly:
    """Looks a code up by `factors.accepted`."""

    user: Any
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        """The code, if it is one of this person's and was not used before."""
        forget = check_rate_limit(self.user)
        code = str(self.cleaned_data["code"])
        found = factors.accepted(self.user, code, now=timezone.now())  # noqa: TID251
        if found is None:
            self._failed()
            raise get_adapter().validation_error("incorrect_code")
        self.authenticator = found
        forget()
        return code

    def _failed(self) -> None:
        row = Authenticator.objects.filter(user=self.user).exclude(type=factors.KEY).order_by("-type").first()
        if row is not None:
            self._emit_authentication_failed(row)  # type: ignore[attr-defined]


class CodeForm(_OnceOnly, AuthenticateForm):  # type: ignore[misc]
    """At sign-in."""


class CodeAgainForm(_OnceOnly, ReauthenticateForm):  # type: ignore[misc]
    """Where an account asks again."""
