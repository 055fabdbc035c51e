"""One existing agreement: its file put in, its terms proposed, and what a person confirmed of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet

from agencies.models import Agency, User
from agreements import policy, recognition
from agreements.keyterms import Terms
from agreements.models import Agreement, Intake
from agreements.operations import importing
from agreements.operations.drafting import PartySpec
from common import outbox

CLEAR = "intake-clear"
KEPT = timedelta(days=30)
MOST = 50
"""Files of one person that wait to be confirmed."""


def mine(user: User) -> QuerySet[Intake]:
    """The files this person put in, the newest first: nobody else sees them until they are confirmed."""
    return Intake.objects.filter(asked_by=user).select_related("agreement").order_by("-asked_at")


def take(data: bytes, name: str, *, root: Path, actor: User, now: datetime) -> Intake:
    """Read a file and propose its terms. Raises PermissionDenied, UnreadableText and ValidationError with what to do."""
    if not policy.may_draft_for(actor, today=now.date()):
        raise PermissionDenied(policy.refusal("edit"))
    if mine(actor).filter(agreement=None, dropped_at=None).count() >= MOST:
        raise ValidationError(
            f"{MOST} files of yours wait to be confirmed. Confirm or drop some of them first."
        )
    kept = importing.keep(data, name, root=root)
    found = recognition.recognise(kept.provisions if kept.readable else (), registered=registered())
    with transaction.atomic():
        row = Intake.objects.create(
            asked_by=actor, asked_at=now, name=kept.name, sha256=kept.sha256, suffix=kept.suffix, size=kept.size,
            readable=kept.readable, content={"provisions": list(kept.provisions), "found": found.as_data()},
        )  # fmt: skip
        outbox.put(CLEAR, f"{CLEAR}:{row.pk}", {"intake": str(row.pk)}, run_after=now + KEPT)
    return row


def registered() -> list[str]:
    """The names under which an agency may stand in a text, the longest first."""
    names = Agency.objects.filter(active=True).values_list("name", "legal_name")
    return sorted({name for pair in names for name in pair if len(name) > 5}, key=len, reverse=True)


def findings(intake: Intake) -> recognition.Findings:
    """What was recognised when the file was read."""
    return recognition.Findings.of_data(intake.content.get("found", {}))


def matched(found: recognition.Findings) -> list[Agency]:
    """The registered agencies that the recognised parties mean, in their order: the same name, whatever its case."""
    known: dict[str, list[Agency]] = {}
    for agency in Agency.objects.filter(active=True):
        for name in {_bare(agency.name), _bare(agency.legal_name), _bare(agency.short_name)} - {""}:
            known.setdefault(name, []).append(agency)
    rows = [known.get(_bare(str(row.value)), []) for row in found.of("party")]
    return list(dict.fromkeys(agencies[0] for agencies in rows if len(agencies) == 1))


def _bare(name: str) -> str:
    """A name without case, articles and the order of "County of X" and "X County"."""
    words = re.findall(r"[^\W_]+", name.casefold())
    return " ".join(sorted(word for word in words if word not in {"of", "the"}))


@transaction.atomic
def confirm(
    intake: Intake, *, title: str, kind: str, lead: Agency, partners: Sequence[PartySpec], terms: Terms, signed: bool,
    actor: User, now: datetime, lead_roles: Sequence[str] = (),
) -> Agreement:  # fmt: skip
    """Make the agreement: a record in force if it was `signed`, else a draft. Confirming again gives the same one."""
    row = Intake.objects.select_for_update(of=("self",)).get(pk=intake.pk)
    if row.asked_by_id != actor.pk:
        raise PermissionDenied("Only the person who put the file in can confirm it.")
    if row.agreement is not None:
        return row.agreement
    if row.dropped_at is not None:
        raise ValidationError("You gave this file up. Put it in again.")
    provisions: list[Mapping[str, Any]] = row.content["provisions"]
    kept = importing.Kept(row.name, row.suffix, row.sha256, row.size, row.readable, provisions)
    act = importing.enter if signed else importing.begin_from
    row.agreement = act(kept, title=title, kind=kind, lead=lead, partners=partners, terms=terms, actor=actor, now=now,
                        lead_roles=lead_roles)  # fmt: skip
    row.content = {}
    row.save(update_fields=["agreement", "content"])
    return row.agreement


@transaction.atomic
def drop(intake: Intake, *, actor: User, now: datetime) -> None:
    """Give a file up; its bytes are deleted unless an agreement was made from the same."""
    row = Intake.objects.select_for_update(of=("self",)).get(pk=intake.pk)
    if row.asked_by_id != actor.pk or not row.open:
        raise PermissionDenied(
            "Only the person who put the file in can give it up, and only before it is confirmed."
        )
    _forget(row, now)


@outbox.handler(CLEAR)
def clear(payload: Mapping[str, Any], *, now: datetime) -> None:
    """Forget a file that nobody confirmed in time."""
    row = Intake.objects.select_for_update(of=("self",)).filter(pk=payload["intake"]).first()
    if row is not None and row.open:
        _forget(row, now)


def _forget(row: Intake, now: datetime) -> None:
    row.dropped_at, row.content = now, {}
    row.save(update_fields=["dropped_at", "content"])
    importing.forget({row.sha256: row.suffix}, root=Path(settings.DOCUMENTS))
