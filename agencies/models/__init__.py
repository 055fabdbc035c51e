"""Agencies, people, their roles, and who may sign.

Everywhere here `until` is the first day on which a thing no longer holds (half-open, as in a PostgreSQL
range), so that ending something "today" ends it at once.
"""

from agencies.models.agency import Agency, AgencyKind, CjStatus, Oversight
from agencies.models.authority import BasisKind, SigningAuthority
from agencies.models.invitations import INVITATION_DAYS, Invitation
from agencies.models.people import (
    Held,
    Membership,
    Pace,
    Role,
    User,
    held_by,
    memberships_of,
    roles_of,
)
from agencies.models.reviews import AccessReview

__all__ = [
    "INVITATION_DAYS",
    "AccessReview",
    "Agency",
    "AgencyKind",
    "BasisKind",
    "CjStatus",
    "Held",
    "Invitation",
    "Membership",
    "Oversight",
    "Pace",
    "Role",
    "SigningAuthority",
    "User",
    "held_by",
    "memberships_of",
    "roles_of",
]
