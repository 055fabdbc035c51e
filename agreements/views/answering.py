"""The facts of all parties, or of the term, that one part of the draft asks for together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.db import transaction
from django.http import QueryDict

from agencies.models import Membership, Role
from agreements.forms.rows import RowForm
from agreements.forms.terms import FORMS
from agreements.guide import FIRST_ASKED, PARTY_FACTS, TERM_FACTS, Part
from agreements.models import Party, Term
from agreements.views.asking import DONE, STALE, Asked, attempt
from agreements.views.saving import save


@dataclass(frozen=True)
class Answer:
    """One row's form within the part's form; its heading names the party."""

    heading: str
    row: Any
    form: RowForm


def answers_of(asked: Asked, part: Part) -> list[Answer]:
    """The forms of a part; none where it asks for nothing of this sort."""
    if part.slug in PARTY_FACTS:
        rows = asked.agreement.parties.filter(left_on=None).select_related("agency").order_by("position")
        found = [
            Answer(
                party.agency.name,
                party,
                _form(asked, part, party, f"party-{party.position}"),
            )
            for party in rows
        ]
        if part.slug == "signatures":
            _name_signatories(found)
        return found
    if part.slug in TERM_FACTS:
        term = Term.objects.get(agreement=asked.agreement)
        return [Answer("", term, _form(asked, part, term, "term"))]
    return []


def _form(asked: Asked, part: Part, row: Party | Term, prefix: str) -> RowForm:
    names = PARTY_FACTS[part.slug] if isinstance(row, Party) else TERM_FACTS[part.slug]
    form = FORMS[type(row)](asked.data(), instance=row, agreement=asked.agreement, only=names, prefix=prefix)
    form.essential = FIRST_ASKED.get(part.slug, names)
    return form


def _name_signatories(given: list[Answer]) -> None:
    """Who may sign for each party, in one query for all of them."""
    agencies = [one.row.agency_id for one in given]
    held = Membership.objects.filter(agency__in=agencies, role=Role.SIGNATORY, user__is_active=True)
    named = list(held.order_by("user__name").values_list("agency", "user", "user__name").distinct())
    for one in given:
        own = [(str(user), name) for agency, user, name in named if agency == one.row.agency_id]
        for name in ("signatory", "deputy"):
            field = cast("forms.ModelChoiceField[Any]", one.form.fields[name])
            field.choices = [("", field.empty_label or ""), *own]


def answers(asked: Asked, given: list[Answer]) -> int:
    """Save what was answered, all or nothing; the worst status is returned, and the words stand at the fields."""
    statuses = [DONE if one.form.is_valid() else attempt(one.form, lambda: None) for one in given]
    if any(status != DONE for status in statuses):
        return max(statuses)
    failed: tuple[Answer, int] | None = None
    with transaction.atomic():
        for one in given:
            status = attempt(one.form, lambda one=one: save(asked, one.row, one.form))  # type: ignore[misc]
            if status != DONE:
                failed = one, status
                transaction.set_rollback(True)
                break
    return _once_more(*failed) if failed else DONE


def _once_more(one: Answer, status: int) -> int:
    """After somebody was faster, their words stand at the fields, and saving again replaces them knowingly."""
    if status == STALE:
        newer = type(one.row).objects.get(pk=one.row.pk)
        for name, typed in one.form.values().items():
            theirs = getattr(newer, name)
            if theirs != typed:
                one.form.add_error(name, f"Saved meanwhile: “{theirs}”. Save again to replace it with yours.")
        data = cast(QueryDict, one.form.data).copy()
        data[one.form.add_prefix("seen")] = str(newer.last_event_id)
        one.form.data = data
    return status
