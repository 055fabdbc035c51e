"""Reading what changed: which version somebody last looked at, and redlines taken out of the house."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.db import transaction

from agencies.models import User
from agreements import docx, policy
from agreements.models import Agreement, Look, Version, look
from agreements.operations.recording import event
from agreements.reports import redline as paper

Format = Literal["pdf", "docx"]


def looked(agreement: Agreement, *, actor: User, now: datetime) -> Look | None:
    """Note that `actor`, who may see the agreement, has its newest version before them; None while there is none.

    No event: people of the parties read their own agreements without one.
    """
    newest = agreement.versions.order_by("-number").values_list("number", flat=True).first()
    return look(actor.pk, agreement.pk, version=newest, now=now) if newest else None


def take_redline(old: Version, new: Version, *, format: Format, actor: User, now: datetime) -> bytes:
    """The difference of two versions of one agreement as a PDF or as a Word file with tracked changes, recorded.

    Raises PermissionDenied and pdf.RenderFailed; nothing is recorded then.
    """
    agreement = new.agreement
    today = policy.local_day(now, agreement)
    policy.require(actor, "download", agreement, today=today)
    content = paper.pdf(old, new) if format == "pdf" else docx.write_changes(
        old.content, new.content, note=f"Changes from version {old.number} to version {new.number}",
        author=new.made_by_agency.name, made_at=new.made_at)  # fmt: skip
    agency = policy.acting_agency(actor, "download", agreement, today=today)
    with transaction.atomic():
        event("redline.downloaded", agreement, actor=actor, now=now, agency=agency,
              old=old.number, new=new.number, format=format)  # fmt: skip
    return content
