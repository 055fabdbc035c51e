"""Two editors of one row: the second sees what changed, field by field and in texts word by word, and decides.

Nothing is written until they confirm. What they typed travels in the page itself; what both began with is read from
the history, never taken from what was sent.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django import forms as django_forms
from django.http import HttpResponse
from django.shortcuts import render

from agreements import earlier
from agreements.forms import drafting as forms
from agreements.forms.shared import Lines
from agreements.merging import BOTH, MINE, THEIRS, Part, merge, merge_lists, settled
from agreements.views.asking import INVALID, STALE, Asked
from agreements.views.inhand import form_of, now_of, proven
from agreements.views.parts import Kind
from agreements.views.saving import as_seen, names, who
from agreements.worddiff import Piece, words

AGAIN = "It was changed once more while you were deciding. Look again: nothing was saved."


@dataclass
class Choice:
    """One thing to decide: what each side says of it."""

    name: str
    mine: str
    theirs: str
    both: str | None
    """What keeping both says; None where that is not possible."""
    picked: str = ""


@dataclass
class Compared:
    """One field of the row: what it was, what each side made of it, and what comes of both."""

    name: str
    label: str
    base: str | None
    mine: str
    theirs: str
    sides: dict[str, list[str]] = field(default_factory=dict)
    """What the form would send for each side."""
    posted: list[str] = field(default_factory=list)
    """What the form sends for what comes of both."""
    choices: list[Choice] = field(default_factory=list)
    parts: tuple[Part, ...] = ()

    @property
    def long(self) -> bool:
        """Whether it takes a redline to read."""
        return bool(self.parts)

    @property
    def both_changed(self) -> bool:
        """Whether both sides changed it, differently."""
        return self.base is not None and len({self.base, self.mine, self.theirs}) == 3

    @property
    def by_them(self) -> tuple[Piece, ...]:
        """What they changed, word by word."""
        return words(self.base or "", self.theirs) if self.base is not None else ()

    @property
    def by_me(self) -> tuple[Piece, ...]:
        """What I changed, word by word."""
        return words(self.base or "", self.mine) if self.base is not None else ()

    @property
    def said(self) -> list[tuple[tuple[Piece, ...], Choice | None]]:
        """The merged text in order, marked against what is saved now; a conflict comes as its choice."""
        waiting = iter(self.choices)
        found: list[tuple[tuple[Piece, ...], Choice | None]] = []
        for decided, group in groupby(self.parts, lambda part: part.kind != "conflict"):
            if decided:
                found.append(
                    (tuple(piece for part in group for piece in words(part.theirs, part.settled)), None)
                )
            else:
                found += [((), next(waiting)) for _ in group]
        return found


def page(
    asked: Asked, kind: Kind, row: Any, form: forms.RowForm, status: int = STALE, *, wrong: str = ""
) -> HttpResponse:
    """Both texts and what comes of them; the form as typed travels along."""
    newer = now_of(row)
    before = as_seen(asked, newer, form)
    found = compared(asked, kind, newer, form, before)
    context = {
        "agreement": asked.agreement,
        "kind": kind,
        "row": newer,
        "person": who(asked, before),
        "at": before.since[0].at if before.since else None,
        "fields": _picked(asked, found) if status == INVALID else found,
        "carried": _carried(asked, form),
        "waiting": sum(len(one.choices) for one in found),
        "newer": newer.last_event_id,
        "wrong": wrong,
    }
    return render(asked.request, "agreements/drafting/merge.html", context, status=status)


def _carried(asked: Asked, form: forms.RowForm) -> list[tuple[str, str]]:
    """Everything the form said, to be sent along."""
    kept = {*form.fields, "shown"}
    return [(name, value) for name, values in asked.request.POST.lists() if name in kept for value in values]


def decided(asked: Asked, kind: Kind, row: Any, form: forms.RowForm) -> forms.RowForm | HttpResponse:
    """The form as decided, standing on the newer row; the page again where a decision is missing or out of date."""
    newer = now_of(row)
    if asked.request.POST.get("newer") != str(newer.last_event_id):
        return page(asked, kind, row, form, wrong=AGAIN)
    found = _picked(asked, compared(asked, kind, newer, form, as_seen(asked, newer, form)))
    by_hand = asked.request.POST.get("act") == "edit"
    open_ = [one for one in found if any(not choice.picked for choice in one.choices)]
    if open_ and not by_hand:
        said = " and ".join(f"“{one.label}”" for one in open_)
        return page(
            asked, kind, row, form, INVALID, wrong=f"Choose what to keep in {said}. Nothing was saved yet."
        )
    data = asked.request.POST.copy()
    data["seen"] = str(newer.last_event_id)
    for one in found:
        data.setlist(one.name, _outcome(one))
    return form_of(asked, kind, row, data)


def _outcome(one: Compared) -> list[str]:
    """What the form sends for a field as decided; an open conflict of a text keeps both, another keeps mine."""
    if one.parts:
        return [settled(one.parts, {place: c.picked or BOTH for place, c in enumerate(one.choices)})]
    return one.posted


def compared(
    asked: Asked, kind: Kind, newer: Any, form: forms.RowForm, before: earlier.Before
) -> list[Compared]:
    """The fields that either side changed; without a trustworthy state before, those that differ."""
    was = before.row if proven(asked, newer, form.cleaned_data.get("seen")) else None
    typed = copy(newer)
    for name, value in form.values().items():
        setattr(typed, name, value)
    base = _shape(asked, kind, was) if was is not None else None
    own, new = _shape(asked, kind, typed), _shape(asked, kind, newer)
    found = (_one(name, base, own, new) for name in names(form))
    return [one for one in found if one is not None]


def _shape(asked: Asked, kind: Kind, state: Any) -> forms.RowForm:
    """A form filled from one state of the row, to read its fields as people do."""
    shape = form_of(asked, kind, state)
    shape.initial.update(django_forms.model_to_dict(state, fields=names(shape)))
    return shape


def _one(name: str, was: forms.RowForm | None, typed: forms.RowForm, newer: forms.RowForm) -> Compared | None:
    """One field of three states; None where nothing about it changed."""
    base = _posted(was, name) if was is not None else None
    mine, theirs = _posted(typed, name), _posted(newer, name)
    if mine == theirs and (base is None or base == mine):
        return None
    found = Compared(
        name, str(typed[name].label), _said(was, name) if was is not None else None, _said(typed, name),
        _said(newer, name), {MINE: mine, THEIRS: theirs},
    )  # fmt: skip
    return _merged(found, typed.fields[name], base)


def _merged(found: Compared, field: Any, base: list[str] | None) -> Compared:
    """With what comes of both sides, and what is to be decided."""
    mine, theirs = found.sides[MINE], found.sides[THEIRS]
    if isinstance(field, Lines):
        sides = [[line for one in side for line in one.split("\n")] for side in (base or [], mine, theirs)]
        found.posted = ["\n".join(merge_lists(*sides))]
    elif isinstance(field, django_forms.MultipleChoiceField):
        found.posted = merge_lists(base or [], mine, theirs)
    elif isinstance(field.widget, django_forms.Textarea):
        _texts(found, known=base is not None)
    elif base in (mine, theirs) or mine == theirs:
        found.posted = mine if base == theirs else theirs
    else:
        found.choices = [Choice(f"pick-{found.name}", found.mine, found.theirs, None)]
        found.posted = mine
    return found


def _texts(found: Compared, *, known: bool) -> None:
    """Word by word; where it is not known what both began with, the whole is one choice."""
    sides = (found.base or "", found.mine, found.theirs)
    found.parts = merge(*sides) if known else (Part("conflict", *sides),)
    found.choices = [
        Choice(f"pick-{found.name}-{place}", part.mine, part.theirs, part.chosen(BOTH))
        for place, part in enumerate(part for part in found.parts if part.kind == "conflict")
    ]


def _picked(asked: Asked, found: list[Compared]) -> list[Compared]:
    """With the decisions that were sent."""
    for one in found:
        for choice in one.choices:
            said = asked.request.POST.get(choice.name, "")
            choice.picked = (
                said if said in {MINE, THEIRS} or (said == BOTH and choice.both is not None) else ""
            )
            if not one.parts and choice.picked:
                one.posted = one.sides[choice.picked]
    return found


def _posted(shape: forms.RowForm, name: str) -> list[str]:
    """What a browser would send for the field as the form shows it."""
    value = shape[name].value()
    if value is None or value is False or value == "":
        return []
    if value is True:
        return ["on"]
    values = value if isinstance(value, list | tuple) else [value]
    return [str(getattr(one, "pk", one)).replace("\r\n", "\n") for one in values]


def _said(shape: forms.RowForm, name: str) -> str:
    """The field's value as people read it."""
    posted = _posted(shape, name)
    choices = {str(key): str(label) for key, label in getattr(shape.fields[name], "choices", None) or []}
    if isinstance(shape.fields[name], django_forms.BooleanField):
        return "Yes" if posted else "No"
    return "\n".join(choices.get(one, one) for one in posted)
