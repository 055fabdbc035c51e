"""Whose agreements to look at, and on which day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms

from agencies.models import Agency
from agreements.portfolios import HELD

FIRST = date(1990, 1, 1)
WRONG = "Give a day that has come, for example 2026-03-02."


class PortfolioDayForm(forms.Form):
    """An agency, a day up to today, and where the agreements were on it."""

    agency = forms.ChoiceField(label="Agency")
    on = forms.DateField(
        label="At the end of",
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": WRONG, "required": WRONG},
    )
    held = forms.ChoiceField(label="Show", required=False, choices=[("", "All"), *HELD.items()])

    def __init__(self, data: Mapping[str, Any], *, agencies: Iterable[Agency], today: date) -> None:
        """The first agency and today, unless something else is asked for."""
        self.agencies = {agency.slug: agency for agency in agencies}
        first = {"agency": next(iter(self.agencies), ""), "on": today.isoformat()}
        super().__init__(first | {name: value for name, value in data.items() if name in (*first, "held")})
        self.today = today
        self.fields["agency"].choices = [(slug, agency.name) for slug, agency in self.agencies.items()]  # type: ignore[attr-defined]

    def clean_on(self) -> date:
        """A day that has come: what will be is not known."""
        day: date = self.cleaned_data["on"]
        if not FIRST <= day <= self.today:
            raise forms.ValidationError(WRONG)
        return day
