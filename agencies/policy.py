"""Who may do what with an agency: one table, its list form, and the yes/no form defined by it."""

import datetime as dt
from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db.models import DateField, Q, QuerySet, UUIDField

from agencies.models import Agency, Membership, Oversight, Role, User
from agencies.models.agency import AgencyQuerySet
from audit.record import SYSTEM, Actor
from common.prepared import Prepared, Slot

# What everybody with an account may do with any agency of the registry.
ANYONE: Final = frozenset({"view_agency"})
_READS: Final = frozenset({"view_people"})
_OWN: Final = _READS | {"read_clauses"}
GRANTS: Final[dict[Role, frozenset[str]]] = {
    Role.LIAISON: _OWN,
    Role.COUNSEL: _OWN | {"keep_clauses"},
    Role.SIGNATORY: _OWN,
    Role.AUDITOR: _OWN | {"read_access"},
    Role.ADMINISTRATOR: _OWN
    | {
        "keep_clauses",
        "manage_people",
        "grant_authority",
        "edit_agency",
        "set_oversight",
        "read_access",
        "review_access",
    },
}
# What auditors of an oversight body may do with the agencies it oversees.
OVERSEERS: Final = frozenset({"view_people", "read_access"})
# What the platform's operators may do with every agency, so that a new one gets its first administrator.
OPERATORS: Final = (
    frozenset({"register_agency", "manage_people", "edit_agency", "set_oversight"}) | ANYONE | _READS
)
ACTIONS: Final = ANYONE.union(OPERATORS, OVERSEERS, *GRANTS.values())


def is_operator(actor: Actor) -> bool:
    """Whether `actor` runs the platform: Concordat itself, or an operator's account."""
    return actor is SYSTEM or (isinstance(actor, User) and actor.is_active and actor.is_superuser)


def roles_for(action: str) -> list[Role]:
    """The roles that allow `action` in their own agency."""
    return [role for role, actions in GRANTS.items() if action in actions]


def permitted(actor: Actor, action: str, agencies: AgencyQuerySet, *, today: dt.date) -> AgencyQuerySet:
    """Those of `agencies` with which `actor` may do `action` on the day `today`."""
    if action not in ACTIONS:
        raise ValueError(f"no such action: {action}")
    if actor is SYSTEM or (action in OPERATORS and is_operator(actor)):
        return agencies
    if not isinstance(actor, User) or not actor.is_active:
        return agencies.none()
    return agencies if action in ANYONE else agencies.filter(_through_roles(actor.pk, action, today))


def may(actor: Actor, action: str, agency: Agency, *, today: dt.date) -> bool:
    """Whether `actor` may do `action` with this agency: it is in the list form."""
    if isinstance(actor, User) and action in _ON_ONE and not is_operator(actor):
        return actor.is_active and bool(_ON_ONE[action].values(agency=agency.pk, user=actor.pk, today=today))
    return permitted(actor, action, Agency.objects.filter(pk=agency.pk), today=today).exists()


def require(actor: Actor, action: str, agency: Agency, *, today: dt.date) -> None:
    """Raise PermissionDenied, saying who can, unless `actor` may do `action` with this agency."""
    if not may(actor, action, agency, today=today):
        raise PermissionDenied(refusal(action, agency, today=today))


def refusal(action: str, agency: Agency, *, today: dt.date) -> str:
    """Why `action` is refused, and whom to ask."""
    roles = roles_for(action)
    who = " or ".join(role.label.lower() for role in roles) or "operator of this site"
    holders = Membership.objects.filter(agency=agency, role__in=roles).active(on=today).select_related("user")
    names = sorted({member.user.name for member in holders[:3]})
    ask = f" Ask {_either(names)} ({agency.short_name})." if names else ""
    return f"You can't do this: only the {who} of {agency.short_name} can.{ask}"


def may_speak_for(actor: Actor, person: User, *, today: dt.date) -> bool:
    """Whether `actor` may change the account of `person`: an operator, or administrator of all their agencies."""
    if is_operator(actor):
        return True
    agencies = Agency.objects.filter(
        pk__in=Membership.objects.filter(user=person).active(on=today).values("agency_id")
    )
    allowed = permitted(actor, "manage_people", agencies, today=today)
    return agencies.exists() and not agencies.exclude(pk__in=allowed.values("pk")).exists()


def _through_roles(user: Any, action: str, today: Any) -> Q:
    held = Membership.objects.filter(user=user).active(on=today)
    own = Q(pk__in=held.filter(role__in=roles_for(action)).values("agency_id"))
    if action not in OVERSEERS:
        return own
    bodies = held.filter(role=Role.AUDITOR).values("agency_id")
    overseen = Oversight.objects.active(on=today).filter(body__in=bodies).values("agency_id")
    return own | Q(pk__in=overseen)


def _on_one(action: str) -> QuerySet[Agency, Any]:
    user, today = Slot("user", UUIDField()), Slot("today", DateField())
    one = Agency.objects.filter(_through_roles(user, action, today), pk=Slot("agency", UUIDField()))
    return one.values_list("pk")


_ON_ONE = {action: Prepared(partial(_on_one, action)) for action in OVERSEERS.union(*GRANTS.values())}


def _either(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
