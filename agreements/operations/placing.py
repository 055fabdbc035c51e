"""Writing one suggestion into the text, through the drafting operations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agencies.models import User
from agreements import values
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Provision, Suggestion, SuggestionKind
from agreements.models.snapshot import content_of, plain
from agreements.operations import drafting


class TextChanged(StepNotOpen):
    """The provision says something else than the suggestion was made against; both are to be shown."""

    def __init__(self, suggestion: Suggestion, live: Provision) -> None:
        """Say what to do."""
        self.suggestion, self.live = suggestion, live
        super().__init__(
            "The provision has changed since this was suggested, so nothing was accepted. Read both texts, "
            "put together what shall stand, and accept that."
        )


def write(row: Suggestion, words: Mapping[str, Any], *, actor: User, now: datetime, seen: int | None) -> None:
    """Replace, delete or move as suggested, with these words. Raises TextChanged unless `seen` is the provision's last
    event, and StepNotOpen where the provision is gone.
    """
    live = Provision.objects.get(pk__in=[row.provision_id])
    if live.removed:
        raise StepNotOpen(
            "This provision was taken out of the text since. Reject the suggestion, or add it anew."
        )
    told = seen is not None and seen == live.last_event_id
    if (
        row.kind != SuggestionKind.MOVE
        and not told
        and (live.heading, live.text) != (row.base_heading, row.base_text)
    ):
        raise TextChanged(row, live)
    if row.kind == SuggestionKind.DELETE:
        drafting.remove(live, seen=live.last_event_id, actor=actor, now=now)
    elif row.kind == SuggestionKind.MOVE:
        drafting.move(live, after=_anchor(row, live), actor=actor, now=now)
        live = Provision.objects.get(pk=live.pk)
        if row.part and row.part != live.part:
            drafting.edit(live, values={"part": row.part}, seen=live.last_event_id, actor=actor, now=now)
    else:
        more = {"level": row.level} if row.level != row.base_level else {}
        drafting.edit(
            live,
            values={**words, **more},
            seen=live.last_event_id,
            typed=row.amended,
            actor=actor,
            now=now,
        )


def set_value(locked: Agreement, row: Suggestion, *, actor: User, now: datetime, seen: int | None) -> None:
    """Set a field of a structured term. Raises StepNotOpen where it says something else by now, unless `seen` is the
    row's last event, and where the row is gone.
    """
    target = values.live(locked, row.topic)
    if target is None:
        raise StepNotOpen("This term was taken out since. Reject the suggestion.")
    current = plain(getattr(target, row.field))
    if current != row.base_value and seen != target.last_event_id:
        _, stands, _ = values.in_words(content_of(locked), row.topic, row.field, row.value)
        raise StepNotOpen(f"This has changed since it was suggested, so nothing was accepted: it now says “{stands}”. "
                          "Reject the suggestion, or set the value in the draft.")  # fmt: skip
    value = values.checked(locked, content_of(locked), row.topic, row.field, row.value)
    drafting.edit(target, values={row.field: values.as_stored(target, row.field, value)}, seen=target.last_event_id,
                  actor=actor, now=now)  # fmt: skip


def insert(
    locked: Agreement, row: Suggestion, words: Mapping[str, Any], *, actor: User, now: datetime
) -> Provision:
    """The new provision, where the suggestion has it."""
    after = _anchor(row, None)
    own = {"part": row.part, "level": row.level, "position": "own"}
    made = drafting.add(locked, Provision, values={**words, **own}, typed=row.amended, actor=actor, now=now)
    if not isinstance(made, Provision):
        raise TypeError("A provision was to be added.")
    drafting.move(made, after=after, actor=actor, now=now)
    return Provision.objects.get(pk=made.pk)


def _anchor(row: Suggestion, moving: Provision | None) -> Provision | None:
    """The provision it goes after: what the suggestion before it became, else the one named or what stands before it."""
    link = row
    while link.follows is not None:
        if link.follows.made is not None and not link.follows.made.removed:
            return link.follows.made
        link = link.follows
    if link.after is None:
        return None
    near = Provision.objects.filter(
        agreement=row.agreement_id, removed=False, position_in_order__lte=link.after.position_in_order
    )
    return near.exclude(pk__in=[moving.pk] if moving else []).order_by("-position_in_order", "-id").first()
