"""Dossiers: asking for one, who may still have it, taking it, and its end.

The making itself is in `operations.assembling`: jobs that follow one another.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q

from agencies.days import civil_day
from agencies.models import Agency, User
from agreements import pdf, policy
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Dossier, DossierState, Scope
from audit import checkpoints, heads
from audit.record import record
from common import outbox

JOB, CLEAR, END = "dossier", "dossier-clear", "dossier-end"
MOST = 1000
"""Agreements of one selection; an agency's own dossier holds all it is party to."""
AT_ONCE = 5
"""Dossiers of one person under way."""
CHANGED = (
    "Your access changed since you asked: it no longer covers all that is in this dossier. Ask for a new one."
)


@transaction.atomic
def ask(agreement: Agreement, *, head: str = "", actor: User, now: datetime) -> Dossier:
    """A dossier of one agreement. Raises PermissionDenied, and ValidationError for a head that is none of ours."""
    policy.require(actor, "export", agreement, today=policy.local_day(now, agreement))
    title = f"{agreement.reference}: {agreement.title}"
    return _asked(
        Scope.AGREEMENT, title, [agreement.pk], stream=agreement.pk, head=head, actor=actor, now=now
    )


@transaction.atomic
def ask_for_agency(agency: Agency, *, head: str = "", actor: User, now: datetime) -> Dossier:
    """A dossier of an agency: its own history and every agreement it may export."""
    today = civil_day(now)
    if agency.pk not in policy.seats(actor, "export", today=today):
        raise PermissionDenied(policy.refusal("export"))
    rows = policy.readable([agency.pk], today=today).values("agreement")
    found = policy.permitted(actor, "export", Agreement.objects.filter(pk__in=rows), today=today)
    streams = [*found.order_by("reference").values_list("pk", flat=True), agency.pk]
    return _asked(Scope.AGENCY, f"{agency.name}: all its agreements", streams, stream=agency.pk, agency=agency,
                  head=head, actor=actor, now=now)  # fmt: skip


@transaction.atomic
def ask_for_many(agreements: Iterable[UUID], *, head: str = "", actor: User, now: datetime) -> Dossier:
    """A dossier of chosen agreements. Raises Agreement.DoesNotExist if one may not be seen, PermissionDenied if one
    may not be exported."""
    wanted, today = set(agreements), civil_day(now)
    if not 0 < len(wanted) <= MOST:
        raise ValidationError(
            f"Choose from 1 to {MOST:,} agreements. An agency’s own dossier holds all it is party to."
        )
    seen = policy.visible(actor, today=today).filter(pk__in=wanted)
    if seen.count() < len(wanted):
        raise Agreement.DoesNotExist
    rows = list(policy.permitted(actor, "export", seen, today=today).order_by("reference"))
    if len(rows) < len(wanted):
        raise PermissionDenied(policy.refusal("export"))
    count = f"{len(rows)} agreement{'s' * (len(rows) != 1)}"
    title = f"{count}: {', '.join(row.reference for row in rows)}"
    return _asked(
        Scope.SELECTION, title, [row.pk for row in rows], stream=actor.pk, head=head, actor=actor, now=now
    )


def exportable(agreements: Iterable[UUID], user: User, *, now: datetime) -> list[UUID]:
    """Those of `agreements` that the person may export, in the same order."""
    wanted = list(agreements)
    rows = policy.permitted(user, "export", Agreement.objects.filter(pk__in=wanted), today=civil_day(now))
    found = set(rows.values_list("pk", flat=True))
    return [key for key in wanted if key in found]


def _asked(
    scope: Scope, title: str, streams: list[UUID], *, stream: UUID, head: str, actor: User, now: datetime,
    agency: Agency | None = None,
) -> Dossier:  # fmt: skip
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    under_way = (DossierState.READY, DossierState.REFUSED, DossierState.EXPIRED)
    if Dossier.objects.filter(asked_by=actor).exclude(state__in=under_way).count() >= AT_ONCE:
        raise ValidationError(
            f"{AT_ONCE} dossiers of yours are being made. Ask again when one of them is ready."
        )
    own = policy.agencies_of(actor, today=civil_day(now))
    own = own & {agency.pk} if agency else own  # what goes out for one agency holds no other's, whoever asks
    row = Dossier(asked_by=actor, asked_at=now, scope=scope, agency=agency, title=title[:300], streams=streams, own=sorted(own),
                  stream=stream, held=checked(head))  # fmt: skip
    row.save(force_insert=True)
    next_turn(row, after=now)
    return row


def checked(head: str) -> str:
    """A head that somebody holds, as it was published. Raises ValidationError for what this log's key did not sign."""
    text = "\n".join(line.strip() for line in head.strip().splitlines())
    if not text:
        return ""
    try:
        checkpoints.verify(text + "\n", heads.vkey())
    except checkpoints.Malformed as malformed:
        raise ValidationError({"head": f"{malformed} Paste it whole, as you received it."}) from None
    except checkpoints.NotOurs as foreign:
        words = (
            "It is not a head of this log, or this is not the log that gave it: keep it, and tell an auditor."
        )
        raise ValidationError({"head": f"{foreign} {words}"}) from None
    return text + "\n"


def next_turn(row: Dossier, *, after: datetime) -> None:
    """The next job of the making, in the transaction that makes it due."""
    payload = {"dossier": str(row.pk), "turn": row.turns}
    outbox.put(JOB, f"{JOB}:{row.pk}:{row.turns}", payload, run_after=after)


def still_permitted(row: Dossier, *, now: datetime) -> bool:
    """Whether the asker may export, now, everything the dossier is about, and read what it holds of agencies' own."""
    user, today = row.asked_by, civil_day(now)
    agreements = {stream for stream in row.streams if stream != row.agency_id}
    if row.agency_id is not None and row.agency_id not in policy.seats(user, "export", today=today):
        return False
    if not user.is_active or not policy.agencies_of(user, today=today).issuperset(row.own):
        return False
    found = policy.permitted(user, "export", Agreement.objects.filter(pk__in=agreements), today=today)
    return found.count() == len(agreements)


def mine(user: User) -> Any:
    """The dossiers a person asked for, the newest first; nobody else sees them."""
    return (
        Dossier.objects.filter(asked_by=user).select_related("asked_by", "agency").order_by("-asked_at", "id")
    )


@transaction.atomic
def take(row: Dossier, *, start: int = 0, actor: User, now: datetime) -> Path:
    """The file of a dossier from byte `start` on, with the download recorded.

    Raises PermissionDenied if the access it stands on is gone, StepNotOpen while there is no file, and
    pdf.DocumentMissing if the stored file is gone or of another length.
    """
    if actor.pk != row.asked_by_id or not still_permitted(row, now=now):
        raise PermissionDenied(CHANGED)
    if row.state != DossierState.READY:
        raise StepNotOpen(
            "There is no file yet." if not row.finished else "The file is no longer kept. Ask anew."
        )
    path = Path(settings.DOCUMENTS) / row.path
    if not path.is_file() or path.stat().st_size != row.size:
        raise pdf.DocumentMissing(f"The dossier {row.sha256[:12]}… is not in the store as it was made.")
    told = {"dossier": str(row.pk), "title": row.title, "sha256": row.sha256, "from_byte": start}
    record(
        "dossier.downloaded", stream=row.stream, actor=actor, now=now, agency=acting(row, now=now), facts=told
    )
    return path


def acting(row: Dossier, *, now: datetime) -> UUID | None:
    """On whose behalf the asker acts: the agency, or the party agency for which they may export the agreement."""
    if row.scope != Scope.AGREEMENT:
        return row.agency_id
    agreement = Agreement.objects.get(pk=row.stream)
    today = policy.local_day(now, agreement)
    return policy.acting_agency(row.asked_by, "export", agreement, today=today)


def folder(row: Dossier) -> Path:
    """Where its files are put while it is made."""
    return Path(settings.DOCUMENTS) / "dossiers" / str(row.pk)


def kept_until(now: datetime) -> datetime:
    """When a file made now is deleted."""
    return now + timedelta(days=settings.DOSSIER_DAYS)


def clear_later(row: Dossier, *, now: datetime) -> None:
    """Delete the collected files in a job of its own: a worker that dies before its end must find them still."""
    outbox.put(CLEAR, f"{CLEAR}:{row.pk}", {"dossier": str(row.pk)}, run_after=now)


@outbox.handler(CLEAR)
def clear(payload: Mapping[str, Any], *, now: datetime) -> None:
    """Delete what was collected for a dossier that is finished."""
    row = Dossier.objects.filter(pk=payload["dossier"]).first()
    if row is not None and row.finished:
        shutil.rmtree(folder(row), ignore_errors=True)


@outbox.handler(END)
def end(payload: Mapping[str, Any], *, now: datetime) -> None:
    """Delete the file when its days are over; the row stays and says so."""
    row = Dossier.objects.select_for_update().filter(pk=payload["dossier"], state=DossierState.READY).first()
    if row is None:
        return
    shared = Dossier.objects.filter(Q(path=row.path), ~Q(pk=row.pk), state=DossierState.READY)
    if not shared.exists():
        (Path(settings.DOCUMENTS) / row.path).unlink(missing_ok=True)
    Dossier.objects.filter(pk=row.pk).update(state=DossierState.EXPIRED, path="")
