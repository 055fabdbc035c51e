"""Who can be named in a comment so that they are told: only people who can read it anyway."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Q

from agencies.models import Membership, User
from agreements.models import Agreement, AgreementUserObjectPermission


def readers(agreement: Agreement, *, private_to: UUID | None, on: date) -> list[User]:
    """The people of the parties, or of the one agency, who can read a comment on a day; and whoever was given access.

    Before the text is shared only the lead agency's people see the agreement at all.
    """
    agencies = list(agreement.parties.filter(left_on=None).values_list("agency", flat=True))
    if private_to is not None:
        agencies = [private_to]
    elif agreement.shared_at is None:
        agencies = [agreement.lead_id]
    members = Membership.objects.active(on=on).filter(agency__in=agencies).values("user")
    found = Q(pk__in=members)
    if private_to is None:
        given = AgreementUserObjectPermission.objects.filter(
            Q(until=None) | Q(until__gt=on), content_object=agreement
        )
        found |= Q(pk__in=given.values("user"))
    return list(User.objects.filter(found, is_active=True).order_by("name", "pk"))


def named(text: str, among: Iterable[User]) -> list[User]:
    """Those whose name, or the front part of whose address, stands in the text after an @."""
    lower = text.casefold()
    return [
        person
        for person in among
        if any(_stands(name, lower) for name in (person.name, person.email.partition("@")[0]) if name)
    ]


def _stands(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w)@{re.escape(name.casefold())}(?!\w)", text) is not None
