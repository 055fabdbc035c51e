"""A Word file comes back edited: its changes as suggestions, or into one's own draft; the rest for a person to place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from agencies.models import User
from agreements import docx, lifecycle, policy
from agreements.models import Agreement, SuggestionKind, Version
from agreements.operations import commenting, suggesting
from agreements.operations.recording import event
from agreements.operations.suggesting import Proposal
from agreements.outline import MAX_HEADING
from agreements.prose import literal

LONGEST = 7_000
"""Characters of one comment that lists what is to be placed."""


@dataclass(frozen=True)
class Received:
    """How many changes came in, as suggestions or into the draft in one's hands, and what a person must place."""

    changes: int
    suggested: bool
    unplaced: tuple[str, ...]


def receive(
    agreement: Agreement, *, data: bytes, name: str, version: int | None = None, actor: User, now: datetime
) -> Received:
    """Take in a .docx that was made from a version of this agreement and edited outside.

    While another has the turn its changes become suggestions; on one's own turn they go into the draft. Whatever can't
    be matched is kept as a comment for one's own agency. Raises UnreadableText, ValidationError, StepNotOpen.
    """
    today = policy.local_day(now, agreement)
    own = agreement.turn_id is not None and agreement.turn_id in policy.agencies_of(actor, today=today)
    step = "edit" if own else "suggest"
    policy.require(actor, lifecycle.STEPS[step].permission, agreement, today=today)
    edited = docx.read_edited(data)
    base = _base(agreement, edited, version)
    found = docx.changes(base.content, edited)
    with transaction.atomic():
        locked = lifecycle.opened(step, agreement, actor=actor, today=today)
        proposals = list(_proposals(found.edits, PurePath(name).name[:100]))
        left = list(found.unplaced)
        if own:
            left += suggesting.write_in(locked, proposals, base, actor=actor, now=now)
        elif proposals:
            suggesting.suggest(locked, proposals, against=base, actor=actor, now=now)
        agency = policy.speaking_for(actor, step, locked, today=today)
        event("word.received", locked, actor=actor, now=now, agency=agency, private_to=agency,
              name=PurePath(name).name[:100], sha256=hashlib.sha256(data).hexdigest(), version=base.number,
              changes=len(proposals), unplaced=len(left))  # fmt: skip
        for text in _lists(left, PurePath(name).name[:100]):
            commenting.comment(locked, text=text, private=True, actor=actor, now=now)
    return Received(len(proposals), not own, tuple(left))


def _base(agreement: Agreement, edited: docx.Edited, version: int | None) -> Version:
    """The version the file was made from: as it says itself, else as was chosen, else the newest."""
    if edited.reference and edited.reference != agreement.reference:
        raise ValidationError(
            {"file": f"This file was made from {edited.reference}. Open that agreement to take it in."}
        )
    number = version or edited.version
    rows = agreement.versions.order_by("-number")
    found = rows.filter(number=number).first() if number else rows.first()
    if found is None:
        raise ValidationError({"version": "Choose the version the file was made from."})
    return found


def _proposals(edits: Sequence[docx.Edit], name: str) -> Iterator[Proposal]:
    for edit in edits:
        heading, text = edit.heading, edit.text
        if len(heading) > MAX_HEADING:
            heading, text = "", f"{literal(heading)}\n\n{text}".strip()
        tracked = f", tracked by {', '.join(edit.authors)}" if edit.authors else ""
        yield Proposal(
            SuggestionKind(edit.kind),
            provision=UUID(edit.provision) if edit.provision else None,
            heading=heading,
            text=text,
            after=UUID(edit.after) if edit.after else None,
            follows=edit.follows,
            part=edit.part,
            level=edit.level,
            reason=f"From the file {name}{tracked}."[:2000],
            typed=False,
        )


def _lists(left: Sequence[str], name: str) -> Iterator[str]:
    """What is to be placed, in as many comments as it takes; nothing is cut off."""
    head = f"From the file {name}, to be placed by hand:"
    text = head
    for line in left:
        for start in range(0, len(line), LONGEST - 200):
            piece = f"\n- {line[start : start + LONGEST - 200]}"
            if len(text) + len(piece) > LONGEST:
                yield text
                text = head
            text += piece
    if left:
        yield text
