"""What may be asked of the lists, from the address alone: unknown values are named and left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django import forms

from agreements import catalog
from agreements.forms.shared import DAY
from agreements.listing import ALL, COMING, MAX_PAGE, PAGE, PASSED, Filters, Mark
from agreements.models import STANDINGS, Stage

WHEN = {COMING: "From today on", PASSED: "Day has passed", ALL: "All"}
DATED = ("upcoming", "in_force", "expiring", "suspended", "in_notice", "lapsed", "ended")


def standings() -> dict[str, str]:
    """The standings that follow from dates; the others are stages."""
    return {name: STANDINGS[name] for name in DATED}


def kinds() -> dict[str, str]:
    """Every kind of agreement and its name."""
    return {kind.key: kind.name for kind in catalog.load().kinds.values()}


def categories() -> dict[str, str]:
    """Every category of data and its name."""
    return {category.key: category.name for category in catalog.load().categories.values()}


def choice(label: str, options: dict[str, str]) -> forms.ChoiceField:
    """One of the options or nothing; anything else is named in the refusal."""
    words = {"invalid_choice": f"“%(value)s” is not a {label.lower()} we know; it was left out."}
    found = [("", "Any"), *options.items()]
    return forms.ChoiceField(label=label, choices=found, required=False, error_messages=words)


class ListForm(forms.Form):
    """Search, filters and place in the list."""

    q = forms.CharField(
        label="Search",
        max_length=200,
        required=False,
        error_messages={"max_length": "Search for at most 200 characters; the rest was left out."},
    )
    party = forms.SlugField(
        label="Party",
        max_length=60,
        required=False,
        error_messages={"invalid": "There is no such agency; the choice was left out."},
    )
    ends_before = forms.DateField(
        label="Ends before",
        required=False,
        widget=DAY,
        error_messages={"invalid": "Give a day, for example 2027-06-30; this one was left out."},
    )
    mine = forms.BooleanField(label="Led by my agencies", required=False)
    after = forms.CharField(required=False, widget=forms.HiddenInput)
    size = forms.IntegerField(
        min_value=1,
        max_value=MAX_PAGE,
        required=False,
        widget=forms.HiddenInput,
        error_messages={"max_value": f"A page holds at most {MAX_PAGE} rows."},
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["when"] = choice("When", WHEN)
        self.fields["stage"] = choice("Stage", dict(Stage.choices))
        self.fields["standing"] = choice("Standing", standings())
        self.fields["kind"] = choice("Kind", kinds())
        self.fields["category"] = choice("Data category", categories())

    def clean_after(self) -> Mark | None:
        """The place in the list; one that means nothing is its beginning."""
        return Mark.read(self.cleaned_data["after"])

    def clean_q(self) -> str:
        """The words, without what a database can't hold."""
        return str(self.cleaned_data["q"]).replace("\x00", " ").strip()

    def filters(self, agencies: Iterable[UUID]) -> Filters:
        """What was asked and understood; `agencies` are the person's own."""
        said = self.cleaned_data
        text, before = said.get("q", ""), said.get("ends_before")
        return Filters(
            text=text,
            stage=said.get("stage", ""),
            standing=said.get("standing", ""),
            kind=said.get("kind", ""),
            party=said.get("party", ""),
            category=said.get("category", ""),
            ends_before=before,
            mine=tuple(agencies) if said.get("mine") else (),
            when=said.get("when") or (ALL if text or before else COMING),
        )

    @property
    def size_of_page(self) -> int:
        """How many rows a page holds."""
        return int(self.cleaned_data.get("size") or (MAX_PAGE if "size" in self.errors else PAGE))


class DayForm(forms.Form):
    """A day to look at."""

    on = forms.DateField(label="On", widget=DAY, required=False,
                         error_messages={"invalid": "Give a day, for example 2027-06-30."})  # fmt: skip

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["on"].initial = today
