"""Entering agencies into the registry, editing their facts, and naming who oversees them."""

import datetime as dt
from typing import Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.text import slugify

from agencies.days import civil_day
from agencies.models import Agency, Oversight
from agencies.operations.rows import checked, locked
from agencies.policy import is_operator, require
from audit.record import Actor, record
from common.http import Stale

EDITABLE: Final = (
    "name",
    "short_name",
    "legal_name",
    "jurisdiction",
    "ori",
    "cj_status",
    "email_domains",
    "timezone",
    "fiscal_year_start",
    "address",
    "phone",
    "website",
    "approvals_required",
    "reminders",
    "governing_body",
    "governing_body_approves",
    "cjis_audit_on",
    "privacy_officer",
)
# What an agency says of itself is its own; what kind of body it is and where it stands is the operator's to say.
OPERATOR_ONLY: Final = ("kind", "parent", "active")
RESERVED_SLUGS: Final = frozenset({"new"})


@transaction.atomic
def register_agency(*, name: str, kind: str, actor: Actor, now: dt.datetime, **facts: Any) -> Agency:
    """Enter an agency into the registry (operators only); `facts` are fields of Agency.

    Raises PermissionDenied, or ValidationError keyed by field.
    """
    if not is_operator(actor):
        raise PermissionDenied("Only an operator of this site registers agencies.")
    _known(facts, actor)
    agency = Agency(name=name, kind=kind, **({"short_name": name[:60]} | facts))
    agency.slug = free_slug(agency.short_name or name)
    checked(agency)
    record("agency.registered", stream=agency.pk, actor=actor, now=now, changed=[agency], agency=agency.pk)
    return agency


@transaction.atomic
def edit_agency(
    agency: Agency, *, actor: Actor, now: dt.datetime, seen: int | None = None, **facts: Any
) -> Agency:
    """Change fields of an agency; `seen` is the `last_event_id` of the page the change was typed on.

    Raises PermissionDenied, Stale if somebody changed it since, or ValidationError keyed by field.
    """
    require(actor, "edit_agency", agency, today=civil_day(now))
    _known(facts, actor)
    row = locked(agency)
    if seen is not None and seen != row.last_event_id:
        raise Stale
    changed = {key: value for key, value in facts.items() if getattr(row, key) != value}
    for key, value in changed.items():
        setattr(row, key, value)
    if changed:
        _refuse_circle(row)
        checked(row)
        said = {"fields": [str(Agency._meta.get_field(name).verbose_name) for name in changed]}  # type: ignore[union-attr]
        record("agency.edited", stream=row.pk, actor=actor, now=now, changed=[row], agency=row.pk, facts=said)
    return row


@transaction.atomic
def set_oversight(
    body: Agency,
    agency: Agency,
    *,
    actor: Actor,
    now: dt.datetime,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Oversight:
    """Let auditors of `body` read what `agency` is party to, from `since` (today); with `until`, end it then.

    An open relation is ended by `until`; without one a new relation is written.
    Raises PermissionDenied, or ValidationError for a relation that exists or dates that end before they begin.
    """
    today = civil_day(now)
    require(actor, "set_oversight", agency, today=today)
    body = locked(body)
    row = Oversight.objects.filter(body=body, agency=agency, until__isnull=True).first()
    action = "oversight.granted"
    if row is not None and until is not None:
        row.until, action = until, "oversight.ended"
    else:
        row = Oversight(body=body, agency=agency, since=since or today, until=until)
    if row.until is not None and row.until < row.since:
        raise ValidationError({"until": "The end can't be before the beginning."})
    checked(row)
    facts = {"body": body.name, "agency": agency.name, "since": str(row.since), "until": str(row.until or "")}
    record(action, stream=body.pk, actor=actor, now=now, changed=[row], agency=body.pk, facts=facts)
    return row


def free_slug(text: str) -> str:
    """A short word for addresses, made from `text`, that no agency has yet."""
    base = slugify(text)[:50].strip("-_") or "agency"
    taken = set(Agency.objects.filter(slug__startswith=base).values_list("slug", flat=True)) | RESERVED_SLUGS
    candidates = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 3))
    return next(slug for slug in candidates if slug not in taken)


def _known(facts: dict[str, Any], actor: Actor) -> None:
    for name in facts:
        if name in OPERATOR_ONLY and not is_operator(actor):
            raise PermissionDenied(f"Only an operator of this site changes an agency's {name}.")
        if name not in EDITABLE + OPERATOR_ONLY:
            raise ValidationError(f"An agency has no field {name} that can be changed.")


def _refuse_circle(agency: Agency) -> None:
    above, parents = agency.parent_id, Agency.objects.values_list("parent_id", flat=True)
    while above is not None:
        if above == agency.pk:
            raise ValidationError({"parent": "An agency can't stand above itself."})
        above = parents.get(pk=above)
