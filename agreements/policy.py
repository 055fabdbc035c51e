"""Who may do what with an agreement: one table, its list form, and the yes/no form made from it.

Docs/permissions.md is written from these tables by a test. An object is only ever fetched through `visible`:
what a person may not see does not exist for them; what they see but may not do is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import DateField, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.lookups import IsNull

from agencies.models import Held, Membership, Role, User, held_by
from agreements.models import (
    AT_HAND,
    Access,
    Agreement,
    AgreementQuerySet,
    AgreementUserObjectPermission,
    Comment,
    Party,
    oversight_principal,
    present_parties,
)
from audit.models import LOG_STREAM
from common import dates
from common.prepared import Prepared, Slot, one_of

READ = frozenset({"view"})

GRANTS: dict[str, frozenset[str]] = {
    Role.LIAISON: READ
    | {
        "edit",
        "share",
        "comment",
        "suggest",
        "submit",
        "reopen",
        "freeze",
        "recall",
        "extend",
        "abandon",
        "amend",
        "join",
        "download",
        "ask",
        "file",
        "duty",
        "hand_on",
        "ink",
        "remind",
    },
    Role.COUNSEL: READ
    | {"edit", "share", "comment", "suggest", "approve", "reopen", "recall", "extend", "download", "export"}
    | {
        "suspend",
        "resume",
        "terminate",
        "amend",
        "join",
        "renew",
        "review",
        "grant",
        "ask",
        "confirm_erasure",
        "waive",
        "file",
        "duty",
        "hand_on",
        "assign",
        "ink",
        "remind",
    },
    Role.SIGNATORY: READ | {"comment", "renew", "sign", "ink", "delegate", "decline", "download", "ask"},
    Role.AUDITOR: READ | {"export", "download", "ask"},
    Role.ADMINISTRATOR: READ
    | {
        "download",
        "export",
        "grant",
        "delegate",
        "hand_on",
        "assign",
        "ask",
        "ask_erasure",
        "confirm_erasure",
    },
}
"""What each role may do with the agreements its agency is party to."""

LEAD_ONLY = frozenset({"freeze", "recall", "extend", "abandon", "join"})
"""Actions that belong to the lead agency alone, whatever the role."""

OVERSIGHT = GRANTS[Role.AUDITOR]
"""What an oversight body's auditors may do with the agreements of the agencies they oversee."""

GRANTABLE = {
    "view": READ | {"download"},
    "comment": frozenset({"comment"}),
    "export": frozenset({"export"}),
}
"""What an object grant (outside counsel, visiting auditor, observer) conveys; a grant always includes `view`."""

ACTIONS = tuple(sorted(frozenset().union(*GRANTS.values())))
"""Every action, in alphabetical order."""

Person = User | AnonymousUser
Holding = Held | Membership


def principals(user: Person, *, today: date) -> list[UUID]:
    """Under which principals `user` sees agreements on `today`; one query."""
    if not isinstance(user, User) or not user.is_active:
        return []
    return _principals(user, held_by(user, today=today))


def _principals(user: User, held: Iterable[Holding]) -> list[UUID]:
    found = {row.agency_id for row in held}
    found |= {oversight_principal(row.agency_id) for row in held if row.role == Role.AUDITOR}
    return [*sorted(found), user.pk]


def readable(principals: Iterable[UUID] | Slot, *, today: date | Slot) -> QuerySet[Access]:
    """The access rows of these principals that hold on `today`."""
    return Access.objects.filter(_still(today), one_of("principal", principals))


def _still(today: date | Slot) -> Q:
    return Q(until=None) | Q(until__gt=today)


def visible(user: Person, *, today: date) -> AgreementQuerySet:
    """The agreements `user` may see on `today`: the only way to fetch one for somebody."""
    rows = readable(principals(user, today=today), today=today)
    return Agreement.objects.filter(pk__in=rows.values("agreement"))


def one(user: Person, pk: UUID, *, today: date) -> Agreement | None:
    """The agreement of this id, with lead, turn, term and parties at hand, if `user` may see it: `visible` asked of one."""
    under = principals(user, today=today)
    found = _ONE.one(pk=pk, agencies=under, today=today) if under else None
    if found is not None:
        found.hold_parties(_PARTIES.rows(pk=pk))
    return found


def seats(user: User, action: str, *, today: date) -> list[UUID]:
    """The agencies for which `user` holds a role that grants `action`."""
    return [m.agency_id for m in held_by(user, today=today) if action in GRANTS[m.role]]


def permitted(user: Person, action: str, queryset: AgreementQuerySet, *, today: date) -> AgreementQuerySet:
    """Those agreements of `queryset` on which `user` may take `action` on `today`."""
    if not isinstance(user, User) or not user.is_active:
        return queryset.none()
    return queryset.filter(_permitted(action, today=today, **_of(user, action, today=today)))


def _of(user: User, action: str, *, today: date) -> dict[str, Any]:
    """By what `user` may take `action` at all: agencies, bodies whose auditor they are, and being themselves."""
    held = held_by(user, today=today)
    if action == "view":
        return {"agencies": _principals(user, held), "bodies": [], "user": user.pk}
    bodies = [m.agency_id for m in held if m.role == Role.AUDITOR and action in OVERSIGHT]
    allowed = [m.agency_id for m in held if action in GRANTS[m.role]]
    return {"agencies": allowed, "bodies": [oversight_principal(body) for body in bodies], "user": user.pk}


def _permitted(action: str, *, agencies: Any, bodies: Any, user: Any, today: Any) -> Q:
    """The agreements on which an action is permitted by one of these agencies, these bodies, or a grant to `user`."""
    found = Q(pk__in=readable(agencies, today=today).values("agreement"))
    if action == "view":
        return found
    if action in LEAD_ONLY:
        found &= one_of("lead", agencies)
    if action in OVERSIGHT:
        found |= Q(pk__in=readable(bodies, today=today).values("agreement"))
    if any(action in conveyed for conveyed in GRANTABLE.values()):
        found |= Q(pk__in=granted(user, action, today=today))
    return found


def granted(user: Any, action: str, *, today: Any) -> QuerySet[AgreementUserObjectPermission, Any]:
    """The agreements on which a grant to a person conveys `action` on `today`."""
    codenames = [f"{name}_agreement" for name, actions in GRANTABLE.items() if action in actions]
    return AgreementUserObjectPermission.objects.filter(
        _still(today), user=user, permission__codename__in=codenames
    ).values("content_object")


def may(user: Person, action: str, agreement: Agreement, *, today: date) -> bool:
    """Whether `user` may take `action` on `agreement`: the list form asked of one."""
    if not isinstance(user, User) or not user.is_active:
        return False
    return bool(_PERMITTED[action].values(pk=agreement.pk, today=today, **_of(user, action, today=today)))


def _on_one(action: str) -> QuerySet[Agreement, Any]:
    bodies, user = Slot("bodies", UUIDField()), Slot("user", UUIDField())
    found = _permitted(action, agencies=_AGENCIES, bodies=bodies, user=user, today=_TODAY)
    return Agreement.objects.filter(found, pk=_PK).values_list("pk")


_PK, _TODAY = Slot("pk", UUIDField()), Slot("today", DateField())
_AGENCIES = Slot("agencies", UUIDField())
_ONE = Prepared(
    lambda: Agreement.objects.filter(
        pk=_PK, pk__in=readable(_AGENCIES, today=_TODAY).filter(agreement=_PK).values("agreement")
    ).select_related(*AT_HAND)
)
_PARTIES = Prepared(lambda: present_parties().filter(agreement=_PK))
_PARTY_AGENCIES = Prepared(
    lambda: (
        Party.objects.filter(_there_on(_TODAY), agreement=_PK)
        .order_by("position", "id")
        .values_list("agency")
    )
)
_PRINCIPALS = Prepared(lambda: Access.objects.filter(_still(_TODAY), agreement=_PK).values_list("principal"))
_GRANTS = Prepared(
    lambda: AgreementUserObjectPermission.objects.filter(
        _still(_TODAY), user=Slot("user", UUIDField()), content_object=_PK
    ).values_list("permission__codename")
)
_PERMITTED = {action: Prepared(partial(_on_one, action)) for action in ACTIONS}


def require(user: Person, action: str, agreement: Agreement, *, today: date) -> None:
    """Refuse with words unless `user` may take `action`."""
    if not may(user, action, agreement, today=today):
        raise PermissionDenied(refusal(action))


def refusal(action: str) -> str:
    """Why an action is refused, and which roles may take it."""
    roles = [Role(role).label.lower() for role, actions in GRANTS.items() if action in actions]
    whose = "of the lead agency" if action in LEAD_ONLY else "of a party agency"
    return f"You can't do this: it takes the role {' or '.join(roles)} {whose}."


def parties_on(agreement: Agreement, day: date) -> QuerySet[Party]:
    """The agreement's parties on a day, in their order: who has left is a party until and including the last day."""
    return agreement.parties.filter(_there_on(day)).order_by("position", "id")


def agencies_on(agreement: Agreement, day: date) -> list[UUID]:
    """The agencies of `parties_on`."""
    return [agency for (agency,) in _PARTY_AGENCIES.values(pk=agreement.pk, today=day)]


def _there_on(day: date | Slot) -> Q:
    return Q(left_on=None) | Q(left_on__gte=day)


def acting_agency(user: User, action: str, agreement: Agreement, *, today: date) -> UUID | None:
    """For which party agency `user` acts when taking `action`; the agency whose turn it is comes first."""
    allowed = set(seats(user, action, today=today))
    parties = agencies_on(agreement, today)
    if action in LEAD_ONLY:
        parties = [agency for agency in parties if agency == agreement.lead_id]
    ranked = sorted(parties, key=lambda agency: agency != agreement.turn_id)
    return next((agency for agency in ranked if agency in allowed), None)


def speaking_for(
    user: User, action: str, agreement: Agreement, *, today: date, agency: UUID | None = None
) -> UUID:
    """As `acting_agency`, for acts that only a party takes; refuses people who speak for none, or not for `agency`."""
    if agency is not None:
        own = agency in seats(user, action, today=today)
        if own and agency in agencies_on(agreement, today):
            return agency
        raise PermissionDenied(refusal(action))
    if (agency := acting_agency(user, action, agreement, today=today)) is None:
        left = agreement.parties.filter(
            agency__in=seats(user, action, today=today), left_on__lt=today
        ).first()
        if left is not None:
            raise PermissionDenied(f"{left.legal_name} left this agreement after {dates.day(left.left_on)}.")
        raise PermissionDenied(refusal(action))
    return agency


def actions_on(user: Person, agreement: Agreement, *, today: date) -> frozenset[str]:
    """Every action `user` may take on `agreement`, in a constant number of queries (for buttons)."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    held = held_by(user, today=today)
    rows = {principal for (principal,) in _PRINCIPALS.values(pk=agreement.pk, today=today)}
    found: set[str] = set()
    for member in held:
        found |= _by_role(member, agreement, rows)
    for (codename,) in _GRANTS.values(pk=agreement.pk, user=user.pk, today=today):
        found |= GRANTABLE[codename.removesuffix("_agreement")]
    return frozenset(found)


def _by_role(member: Holding, agreement: Agreement, rows: set[UUID]) -> frozenset[str]:
    """What one membership conveys on one agreement whose principals are `rows`."""
    found: frozenset[str] = frozenset()
    if member.agency_id in rows:
        lead = member.agency_id == agreement.lead_id
        found |= {a for a in GRANTS[member.role] if lead or a not in LEAD_ONLY}
    if member.role == Role.AUDITOR and oversight_principal(member.agency_id) in rows:
        found |= OVERSIGHT
    return found


def agencies_of(user: Person, *, today: date) -> set[UUID]:
    """The agencies in which `user` holds any role."""
    if not isinstance(user, User):
        return set()
    return {m.agency_id for m in held_by(user, today=today)}


def comments_visible_to(user: Person, agreement: Agreement, *, today: date) -> QuerySet[Comment]:
    """The shared comments, and those private to an agency the person belongs to."""
    return agreement.comments.filter(read_by(agencies_of(user, today=today)))


def read_by(agencies: Iterable[UUID] | Slot) -> Q:
    """The comments that people of these agencies read: the shared ones, and those private to one of them."""
    return Q(private_to=None) | one_of("private_to", agencies)


def may_draft_for(user: Person, *, today: date) -> list[UUID]:
    """The agencies for which `user` may begin an agreement."""
    if not isinstance(user, User) or not user.is_active:
        return []
    return seats(user, "edit", today=today)


def local_day(now: datetime, agreement: Agreement) -> date:
    """The calendar day of an instant in the agreement's time zone."""
    return now.astimezone(ZoneInfo(agreement.timezone)).date()


def audit_streams(user: Person, *, today: date) -> Q:
    """Which events `user` may read: of agreements they see, of agencies they audit or administer, their own.

    An event private to an agency is read by that agency's people alone (settings.AUDIT_STREAMS names this function).
    Asked row by row, by index: `stream IN (subquery)` would gather every agreement of an oversight body first.
    """
    if not isinstance(user, User) or not user.is_active:
        return Q(pk__in=[])
    held = held_by(user, today=today)
    rows = readable(_principals(user, held), today=today).filter(agreement=OuterRef("stream"))
    seen = Q(IsNull(Subquery(rows.values("pk")[:1]), False)) | Q(stream__in=_audit_own(user, held))
    return seen & (Q(private_to=None) | Q(private_to__in={m.agency_id for m in held}))


def _audit_own(user: User, held: Iterable[Holding]) -> list[UUID]:
    """The streams that are no agreement's: one's own, the agencies one audits or administers, and the log's for both.

    The log's own stream tells of restores that were declared.
    """
    kept = {m.agency_id for m in held if m.role in {Role.AUDITOR, Role.ADMINISTRATOR}}
    return [*kept, user.pk, *([LOG_STREAM] if kept else [])]


def audit_covered(user: Person, *, today: date, most: int) -> list[UUID] | None:
    """The streams of `audit_streams` when there are at most `most`; None when there are more."""
    if not isinstance(user, User) or not user.is_active:
        return []
    held = held_by(user, today=today)
    rows = readable(_principals(user, held), today=today).values_list("agreement", flat=True)
    found = list(rows[: most + 1])
    return None if len(found) > most else [*{*found, *_audit_own(user, held)}]


def audit_exports(user: Person, stream: UUID, *, today: date) -> UUID | None:
    """For which agency `user` may export a stream's history: an agreement's, or the whole of an agency's.

    Returns the agency on whose behalf (the person's own id under a grant), or None.
    """
    if not isinstance(user, User) or not user.is_active:
        return None
    if stream in seats(user, "export", today=today):
        return stream
    agreement = visible(user, today=today).filter(pk=stream).first()
    if agreement is None or not may(user, "export", agreement, today=today):
        return None
    held = [m.agency_id for m in held_by(user, today=today)]
    return acting_agency(user, "export", agreement, today=today) or next(iter(held), user.pk)


def audit_agency(agency: UUID) -> Q:
    """The events of an agency's whole history: its own stream and every agreement it is or was party to."""
    rows = Access.objects.filter(principal=agency).values("agreement")
    return Q(stream=agency) | Q(stream__in=rows)
