"""Signing off who has access, once a quarter, and telling administrators when it is time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies import emails, quarters
from agencies.days import civil_day
from agencies.models import AccessReview, Agency, Membership, Role, SigningAuthority, User
from agencies.operations.authority import revoke_authority
from agencies.operations.roles import retire_membership
from agencies.operations.rows import checked, locked
from agencies.policy import require
from agreements.access import reviews
from agreements.access.reviews import Row, Waiting
from agreements.models import Agreement
from agreements.operations import granting
from audit.record import record

KEEP, END = "keep", "end"
CHANGED = "The list has changed since you opened it. Look at it again; nothing was signed off."
ORDER = ("grant", "authority", "role")
"""What is ended first: a role may carry the authorities of the same person with it."""


@transaction.atomic
def sign_off(
    agency: Agency, *, quarter: date, decisions: Mapping[str, str], statement: str, actor: User, now: datetime
) -> AccessReview:
    """Keep or end every right of the list, and state that it was reviewed.

    `decisions` maps each row's key to "keep" or "end". Everything happens or nothing does. Raises PermissionDenied,
    or ValidationError for a list that changed, a quarter that is not the current one or signed off already, an empty
    statement, and for what an end is refused for (the last administrator).
    """
    today = civil_day(now)
    require(actor, "review_access", agency, today=today)
    held = locked(agency)
    _open(held, quarter, today)
    listed = reviews.rows(held, today=today)
    if {row.key for row in listed} != decisions.keys() or not {KEEP, END}.issuperset(decisions.values()):
        raise ValidationError(CHANGED, code="changed")
    if not statement.strip():
        raise ValidationError({"statement": "State what you reviewed; it is recorded with your name."})
    ending = [row for row in listed if decisions[row.key] == END]
    for row in _in_turn(ending, actor):
        _end(held, row, actor, now)
    review = checked(
        AccessReview(
            agency=held, quarter=quarter, decisions=[_told(row, decisions[row.key]) for row in listed],
            kept=len(listed) - len(ending), ended=len(ending), statement=statement.strip(), signed_by=actor, signed_at=now,
        )
    )  # fmt: skip
    record("access.reviewed", stream=held.pk, actor=actor, now=now, changed=[review], agency=held.pk,
           facts={"quarter": quarters.named(quarter), "kept": review.kept, "ended": review.ended,
                  "statement": review.statement})  # fmt: skip
    return review


def _open(agency: Agency, quarter: date, today: date) -> None:
    if quarter != quarters.quarter_of(today):
        raise ValidationError("Only the review of the current quarter can be signed off.")
    if AccessReview.objects.filter(agency=agency, quarter=quarter).exists():
        raise ValidationError("Somebody has signed off this quarter's review already.", code="signed")


def _in_turn(ending: Iterable[Row], actor: User) -> list[Row]:
    """One's own roles last: with them one may no longer end the others."""
    return sorted(ending, key=lambda row: (row.person.pk == actor.pk, ORDER.index(row.key.partition(":")[0])))


def _end(agency: Agency, row: Row, actor: User, now: datetime) -> None:
    """End one right through the operation that always ends it."""
    kind, *ids = row.key.split(":")
    if kind == "grant":
        agreement = Agreement.objects.get(pk=UUID(ids[0]))
        granting.revoke(agreement, person=row.person, reason="Access review", actor=actor, now=now)
    elif kind == "authority":
        authority = SigningAuthority.objects.select_related("agency").get(pk=UUID(ids[0]))
        revoke_authority(authority, actor=actor, now=now, reason="Access review")
    elif not row.fixed:
        membership = Membership.objects.select_related("agency").get(pk=UUID(ids[0]))
        retire_membership(membership, actor=actor, now=now)
    else:
        raise ValidationError(
            f"The role of {row.person.name} ends by itself on {row.until}; keep it in this list."
        )


def _told(row: Row, decision: str) -> dict[str, str]:
    return {"key": row.key, "person": row.person.label, "right": row.right, "since": str(row.since),
            "until": str(row.until or ""), "decision": decision}  # fmt: skip


def remind(*, now: datetime) -> int:
    """Tell administrators of each review once when its quarter has begun and once when it is overdue."""
    today = civil_day(now)
    found = reviews.waiting(today=today)
    admins = Membership.objects.filter(role=Role.ADMINISTRATOR, agency__in=[w.agency for w in found])
    told = 0
    by_agency: dict[UUID, list[User]] = {}
    for member in admins.active(on=today).select_related("user"):
        by_agency.setdefault(member.agency_id, []).append(member.user)
    for waiting in found:
        told += _tell(waiting, by_agency.get(waiting.agency.pk, []))
    return told


@transaction.atomic
def _tell(waiting: Waiting, people: Iterable[User]) -> int:
    return sum(
        emails.access_review(
            waiting.agency, person, waiting.name, waiting.due_on, overdue=waiting.overdue, path=waiting.url
        )
        for person in people
    )
