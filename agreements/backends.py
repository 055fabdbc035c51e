"""Django's own permission question, answered by the policy table."""

from typing import Any

from django.utils import timezone

from agreements import policy
from agreements.models import Agreement


class PolicyBackend:
    """Django's `user.has_perm("agreements.sign_agreement", agreement)`, answered by the tables above."""

    def authenticate(self, request: Any, **credentials: Any) -> None:
        """Signing in is not this backend's business."""

    def has_perm(self, user: policy.Person, perm: str, obj: object = None) -> bool:
        """Whether `user` holds `perm` on `obj` on this day in the agreement's time zone."""
        if not isinstance(obj, Agreement) or not perm.startswith("agreements."):
            return False
        action = perm.removeprefix("agreements.").removesuffix("_agreement")
        return policy.may(user, action, obj, today=policy.local_day(timezone.now(), obj))
