"""Proposing text while another has the turn, and deciding one by one what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from agencies.models import User
from agreements import emails, policy, prose, values
from agreements.lifecycle import StepNotOpen, holder_of, opened
from agreements.models import (
    Agreement,
    Suggestion,
    SuggestionKind,
    SuggestionState,
    Version,
)
from agreements.models.content import MAX_TEXT
from agreements.operations import placing
from agreements.operations.recording import event

MOST = 2_000
"""How many suggestions one agreement may hold open."""
REPLACE, INSERT = SuggestionKind.REPLACE, SuggestionKind.INSERT
DELETE, MOVE, VALUE = SuggestionKind.DELETE, SuggestionKind.MOVE, SuggestionKind.VALUE


@dataclass(frozen=True)
class Proposal:
    """One change to suggest. `after` and `part` are for new and moved provisions; `follows` is the place, in the same
    batch, of the insertion it comes after. `level` is None where it stays as it is; `typed` tells a text that somebody
    wrote here from one that came in a file. `topic`, `field` and `value` are for structured terms (agreements.values)."""

    kind: SuggestionKind
    provision: UUID | None = None
    heading: str = ""
    text: str = ""
    after: UUID | None = None
    follows: int | None = None
    part: str = ""
    level: int | None = None
    reason: str = ""
    typed: bool = True
    topic: str = ""
    field: str = ""
    value: Any = None


@transaction.atomic
def suggest(
    agreement: Agreement,
    proposals: Sequence[Proposal],
    *,
    actor: User,
    now: datetime,
    against: Version | None = None,
) -> list[Suggestion]:
    """Suggest changes to the text as it was handed over; whoever has the turn is told once.

    Made against the newest version unless an older one is named. Raises PermissionDenied, StepNotOpen while it is
    one's own turn, ValidationError with what to mend.
    """
    today = policy.local_day(now, agreement)
    locked = opened("suggest", agreement, actor=actor, today=today)
    agency = policy.speaking_for(actor, "suggest", locked, today=today)
    version = against or locked.versions.order_by("-number").first()
    if version is None or version.agreement_id != locked.pk:
        raise StepNotOpen("There is no shared text yet.")
    if not proposals:
        raise ValidationError("There is nothing to suggest: the text is the same.")
    held = locked.suggestions.filter(state=SuggestionState.OPEN).count()
    if held + len(proposals) > MOST:
        raise StepNotOpen(f"At most {MOST:,} suggestions can be open at once. Decide or withdraw some first.")
    rows = _rows(locked, proposals, version, actor, agency, now)
    event("suggestion.made", locked, actor=actor, now=now, agency=agency, changed=rows, version=version.number,
          number=_counted(len(rows)), about=", ".join(_about(row) for row in rows[:3]))  # fmt: skip
    emails.suggestions_made(locked, rows[0], actor=actor)
    return rows


@transaction.atomic
def write_in(
    agreement: Agreement, proposals: Sequence[Proposal], against: Version, *, actor: User, now: datetime
) -> list[str]:
    """Write changes made against a version into the draft in one's own hands, with nothing told to anybody else.

    What the draft says otherwise by now is left as it is and said in the answer.
    """
    today = policy.local_day(now, agreement)
    locked = opened("edit", agreement, actor=actor, today=today)
    agency = policy.speaking_for(actor, "edit", locked, today=today)
    left: list[str] = []
    for row in _rows(locked, proposals, against, actor, agency, now):
        try:
            with transaction.atomic():
                words = {"heading": row.heading, "text": row.text}
                if row.kind == INSERT:
                    row.made = placing.insert(locked, row, words, actor=actor, now=now)
                else:
                    placing.write(row, words, actor=actor, now=now, seen=None)
        except StepNotOpen as refused:
            left.append(f"{row.get_kind_display()} at {_about(row)}: {row.heading} {row.text} ({refused})")
    return left


def _rows(
    locked: Agreement,
    proposals: Sequence[Proposal],
    version: Version,
    actor: User,
    agency: UUID,
    now: datetime,
) -> list[Suggestion]:
    """The proposals as rows, checked and not yet written."""
    said = {row["id"]: row for row in version.content["provisions"]}
    rows: list[Suggestion] = []
    content: values.Content = version.content
    for place, proposal in enumerate(proposals):
        row = Suggestion(agreement=locked, author=actor, author_agency_id=agency, made_at=now, place=place,
                         made_against=version.number)  # fmt: skip
        if proposal.kind == VALUE:
            _fill_value(row, proposal, content)
            content = values.with_value(content, row.topic, row.field, row.value)
            row.base_value = values.stands(version.content, row.topic, row.field)
        else:
            _fill(row, proposal, said, rows)
        rows.append(row)
    return rows


def _counted(number: int) -> str:
    return "a change" if number == 1 else f"{number:,} changes"


def _about(row: Suggestion) -> str:
    """What it is about in the words of the version it was made against, which every party reads."""
    return f"“{(row.base_heading or row.base_text or row.heading or row.text)[:60]}”"


def _fill(
    row: Suggestion, proposal: Proposal, said: Mapping[str, Mapping[str, Any]], before: Sequence[Suggestion]
) -> None:
    row.kind, row.reason = proposal.kind, proposal.reason.strip()
    row.heading, row.text = " ".join(proposal.heading.split()), proposal.text.strip()
    for name in ("provision", "after"):
        key = getattr(proposal, name)
        if key is not None and str(key) not in said:
            raise ValidationError({name: "Choose a provision of the text that was handed over."})
        setattr(row, f"{name}_id", key)
    if proposal.follows is not None:
        row.follows = before[proposal.follows]
    base = said.get(str(proposal.provision)) if proposal.kind != INSERT else None
    if proposal.kind != INSERT and base is None:
        raise ValidationError({"provision": "Say which provision it is about."})
    row.base_heading, row.base_text = (base["heading"], base["text"]) if base else ("", "")
    row.base_level = base["level"] if base else None
    near = said.get(str(proposal.after)) or {}
    row.part = proposal.part or ("" if base else near.get("part", ""))
    row.level = proposal.level or (base or near or {"level": 2})["level"]
    if proposal.kind in {DELETE, MOVE}:
        row.heading, row.text = (row.base_heading, row.base_text) if proposal.kind == MOVE else ("", "")
    _check(row, proposal.typed)


def _fill_value(row: Suggestion, proposal: Proposal, content: Mapping[str, Any]) -> None:
    """`content` is the version's with what is suggested before it at once, so that it may stand together with that."""
    row.kind, row.reason = proposal.kind, proposal.reason.strip()
    row.topic, row.field = proposal.topic, proposal.field
    row.value = values.checked(row.agreement, content, row.topic, row.field, proposal.value)
    row.base_value = values.stands(content, row.topic, row.field)
    if row.value == row.base_value:
        raise ValidationError({"value": "This is what stands there. Give the value you suggest."})
    heading, row.base_text, row.text = values.in_words(content, row.topic, row.field, row.value)
    row.heading = row.base_heading = heading[:300]
    _clean(row)


def _check(row: Suggestion, typed: bool) -> None:
    if row.kind == INSERT and not (row.text or row.heading):
        raise ValidationError({"text": "Write the provision you suggest."})
    same = (row.heading, row.text, row.level) == (row.base_heading, row.base_text, row.base_level)
    if row.kind == REPLACE and same:
        raise ValidationError({"text": "These are the words that stand there. Write the ones you suggest."})
    if row.kind == MOVE and row.after_id == row.provision_id:
        raise ValidationError({"after": "Choose another place."})
    problems = prose.complaints(row.text, row.base_text if typed else row.text)
    if len(row.text) > MAX_TEXT:
        problems.append(
            f"The text is longer than {MAX_TEXT:,} characters. Divide it into several provisions."
        )
    if problems:
        raise ValidationError({"text": problems})
    _clean(row)


def _clean(row: Suggestion) -> None:
    row.clean_fields(exclude=["last_event", "agreement", "provision", "after", "follows", "author", "author_agency",
                              "decided_by", "decided_agency", "made"])  # fmt: skip


@transaction.atomic
def accept(
    suggestion: Suggestion,
    *,
    actor: User,
    now: datetime,
    answer: str = "",
    heading: str | None = None,
    text: str | None = None,
    seen: int | None = None,
) -> Suggestion:
    """Write the suggestion into the text, as proposed or with other words.

    If the provision has changed since, TextChanged is raised, unless `seen` names the provision's last event: then
    its text was read, and `heading` and `text` are what shall stand. So it is with the row of a structured term.
    """
    locked, row = _to_decide(suggestion, actor, now)
    said = {
        "heading": row.heading if heading is None else heading,
        "text": row.text if text is None else text,
    }
    row.amended = row.kind in {REPLACE, INSERT} and said != {"heading": row.heading, "text": row.text}
    if row.kind == VALUE:
        placing.set_value(locked, row, actor=actor, now=now, seen=seen)
    elif row.kind == INSERT:
        row.made = placing.insert(locked, row, said, actor=actor, now=now)
    else:
        placing.write(row, said, actor=actor, now=now, seen=seen)
    return _decided(locked, row, SuggestionState.ACCEPTED, answer, actor, now)


@transaction.atomic
def reject(suggestion: Suggestion, *, answer: str = "", actor: User, now: datetime) -> Suggestion:
    """Leave the text as it is."""
    locked, row = _to_decide(suggestion, actor, now)
    return _decided(locked, row, SuggestionState.REJECTED, answer, actor, now)


@transaction.atomic
def withdraw(suggestion: Suggestion, *, actor: User, now: datetime) -> Suggestion:
    """Take one's own agency's suggestion back."""
    today = policy.local_day(now, suggestion.agreement)
    policy.require(actor, "suggest", suggestion.agreement, today=today)
    locked = Agreement.objects.select_for_update(of=("self",)).get(pk=suggestion.agreement_id)
    row = _open(suggestion)
    if row.author_agency_id not in policy.seats(actor, "suggest", today=today):
        raise PermissionDenied("Only people of the agency that made a suggestion can withdraw it.")
    row.state, row.decided_by, row.decided_at = SuggestionState.WITHDRAWN, actor, now
    row.decided_agency_id = row.author_agency_id
    event("suggestion.withdrawn", locked, actor=actor, now=now, agency=row.author_agency_id, changed=[row],
          about=_about(row))  # fmt: skip
    return row


def _to_decide(suggestion: Suggestion, actor: User, now: datetime) -> tuple[Agreement, Suggestion]:
    today = policy.local_day(now, suggestion.agreement)
    return opened("edit", suggestion.agreement, actor=actor, today=today), _open(suggestion)


def _open(suggestion: Suggestion) -> Suggestion:
    row = Suggestion.objects.select_related("follows").get(pk=suggestion.pk)
    if not row.open:
        raise StepNotOpen(f"This suggestion is closed: {row.get_state_display().lower()}.")
    return row


def _decided(
    locked: Agreement, row: Suggestion, state: SuggestionState, answer: str, actor: User, now: datetime
) -> Suggestion:
    """Record the decision. It tells what was suggested and nothing of the text in the decider's hands."""
    row.state, row.answer, row.decided_by, row.decided_at = state, answer.strip(), actor, now
    row.decided_agency_id = holder_of(locked)
    row.clean_fields(exclude=[f.name for f in row._meta.fields if f.name != "answer"])
    event(f"suggestion.{state}", locked, actor=actor, now=now, agency=row.decided_agency_id, changed=[row],
          about=_about(row), reason=row.answer or "no reason given")  # fmt: skip
    return row
