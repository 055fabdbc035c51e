"""What the pages of the desk have in common: who asks, on which day, for which agencies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from agencies.days import civil_day
from agencies.models import Membership, Role, User, roles_of
from agreements import policy
from agreements.models import oversight_principal


@dataclass(frozen=True)
class Desk:
    """A signed-in person at an instant, with the roles they hold that day."""

    request: HttpRequest
    user: User
    now: datetime
    today: date
    held: tuple[Membership, ...]

    @property
    def agencies(self) -> tuple[UUID, ...]:
        """The agencies in which the person holds a role."""
        return tuple(dict.fromkeys(row.agency_id for row in self.held))

    def seats(self, action: str) -> tuple[UUID, ...]:
        """The agencies for which the person holds a role that grants `action`."""
        return tuple(dict.fromkeys(r.agency_id for r in self.held if action in policy.GRANTS[r.role]))

    def principals(self) -> list[UUID]:
        """`policy.principals` from the roles at hand, so that a page asks for them once; a test holds both together."""
        audited = {oversight_principal(row.agency_id) for row in self.held if row.role == Role.AUDITOR}
        return [*sorted({*self.agencies, *audited}), self.user.pk]


def desk(request: HttpRequest) -> Desk:
    """Who asks, and when; one query."""
    now, user = timezone.now(), cast(User, request.user)
    today = civil_day(now)
    return Desk(request, user, now, today, tuple(roles_of(user, today=today)))


def address(request: HttpRequest, **changes: Any) -> str:
    """This page's address with some of its parameters changed; None takes one out, and paging begins anew."""
    query = request.GET.copy()
    query.pop("after", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"{request.path}?{query.urlencode()}" if query else request.path
