"""Every change to people and their roles, by one name."""

from agencies.operations.accounts import change_email, choose_pace, deactivate_user, register_person, rename
from agencies.operations.invitations import (
    InvitationClosed,
    Invited,
    accept_invitation,
    invite,
    join,
    revoke_invitation,
)
from agencies.operations.roles import change_role, grant_membership, retire_membership
from agencies.operations.tokens import create_token, revoke_token

__all__ = [
    "InvitationClosed",
    "Invited",
    "accept_invitation",
    "change_email",
    "change_role",
    "choose_pace",
    "create_token",
    "deactivate_user",
    "grant_membership",
    "invite",
    "join",
    "register_person",
    "rename",
    "retire_membership",
    "revoke_invitation",
    "revoke_token",
]
