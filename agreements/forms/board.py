"""What narrows the expiry board, and what is asked about the rows chosen there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django import forms

from agencies.models import Agency, User
from agreements.board import COLUMNS, Scope
from agreements.forms.listing import categories, choice, kinds
from agreements.forms.shared import Words, choose_row, no_control_characters
from agreements.operations.settling import BULK

ME, NOBODY = "me", "nobody"
FIRST, LAST = date(1990, 1, 1), date(2199, 1, 1)


class BoardForm(forms.Form):
    """Whose board, and how it is narrowed; an unknown choice is named and left out."""

    def __init__(
        self, *args: Any, agencies: Mapping[str, Agency], owners: Iterable[User], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.agencies = agencies
        names = {slug: agency.short_name for slug, agency in agencies.items()}
        people = {str(person.pk): person.name for person in owners}
        self.fields["agency"] = choice("Agency", names)
        self.fields["kind"] = choice("Kind", kinds())
        self.fields["category"] = choice("Data category", categories())
        self.fields["owner"] = choice("Owner", {ME: "Me", NOBODY: "Nobody"} | people)
        self.fields["column"] = choice("Column", COLUMNS)

    def scope(self, agencies: tuple[UUID, ...], me: User) -> Scope:
        """The board asked for, of these agencies or the one chosen."""
        self.is_valid()
        said = self.cleaned_data
        chosen = (self.agencies[said["agency"]].pk,) if said.get("agency") else agencies
        owner = said.get("owner", "")
        person = me.pk if owner == ME else UUID(owner) if owner and owner != NOBODY else None
        return Scope(chosen, said.get("kind", ""), said.get("category", ""), person, owner == NOBODY,
                     said.get("column", ""))  # fmt: skip


class MonthForm(forms.Form):
    """Which month the calendar shows, or with which day the timeline begins; the present one without an answer."""

    month = forms.DateField(required=False, input_formats=["%Y-%m", "%Y-%m-%d"],
                            error_messages={"invalid": "Give a month, for example 2027-06; this one was left out."})  # fmt: skip

    def clean_month(self) -> date | None:
        """A month that agreements can mean."""
        month: date | None = self.cleaned_data["month"]
        if month is not None and not FIRST <= month < LAST:
            raise forms.ValidationError("Give a month between 1990 and 2198; this one was left out.")
        return month

    def day(self, today: date) -> date:
        """The day asked for, or today."""
        self.is_valid()
        return self.cleaned_data.get("month") or today


class DecideForm(forms.Form):
    """One decision about the rows chosen, with one reason for all of them or one for each."""

    outcome = forms.ChoiceField(choices=[(one.value, one.label) for one in BULK], widget=forms.RadioSelect,
                                label="Your agency decided to", error_messages={"required": "Choose what your agency decided."})  # fmt: skip
    reason = Words(rows=3, max_length=4000, required=False, label="Reason for all of them",
                   help_text="It is recorded with each. Leave it empty where you give each its own below.")  # fmt: skip
    consulted = forms.CharField(
        label="Who was consulted", max_length=300, required=False, validators=[no_control_characters]
    )

    def __init__(self, *args: Any, keys: Iterable[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.keys = list(keys)
        for key in self.keys:
            self.fields[own(key)] = Words(rows=2, max_length=4000, required=False, label="Its own reason")

    def reason_of(self, key: str) -> str:
        """The reason given for one row alone."""
        return str(self.cleaned_data.get(own(key), ""))


def own(key: str) -> str:
    """The field that holds one row's own reason."""
    return f"reason-{key}"


class OwnerForm(forms.Form):
    """Who is the owner of the rows chosen."""

    person = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label="Owner",
        help_text="A liaison or counsel of the agency. What nobody owns goes to its administrators.",
        error_messages={"invalid_choice": "Choose somebody who is liaison or counsel of the agency now."},
    )

    def __init__(self, *args: Any, people: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choose_row(self, "person", people, empty="Nobody")
