"""How views find things: only through what the person may see (unseen is 404, seen but not allowed is 403)."""

import datetime as dt
import uuid
from typing import cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from agencies.days import civil_day
from agencies.models import Agency, Invitation, Membership, SigningAuthority, User
from agencies.policy import permitted, require


def person(request: HttpRequest) -> User:
    """The signed-in person (views here require one)."""
    return cast(User, request.user)


def today() -> dt.date:
    """The day of this request."""
    return civil_day(timezone.now())


def agency_or_404(request: HttpRequest, slug: str, action: str = "view_agency") -> Agency:
    """The agency with this slug, if the person may do `action` with it."""
    return get_object_or_404(
        permitted(person(request), action, Agency.objects.all(), today=today()), slug=slug
    )


def managed(request: HttpRequest, slug: str, action: str) -> Agency:
    """An agency whose people one may see; 403 unless one may also do `action`."""
    agency = agency_or_404(request, slug, "view_people")
    require(person(request), action, agency, today=today())
    return agency


def membership_or_404(agency: Agency, pk: uuid.UUID) -> Membership:
    """A membership of this agency."""
    return get_object_or_404(Membership.objects.select_related("user", "agency"), agency=agency, pk=pk)


def invitation_or_404(agency: Agency, pk: uuid.UUID) -> Invitation:
    """An invitation of this agency."""
    return get_object_or_404(Invitation.objects.select_related("agency"), agency=agency, pk=pk)


def authority_or_404(agency: Agency, pk: uuid.UUID) -> SigningAuthority:
    """A signing authority of this agency."""
    return get_object_or_404(
        SigningAuthority.objects.select_related("person", "agency"), agency=agency, pk=pk
    )
