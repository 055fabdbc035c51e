"""What a portfolio report is asked for with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from agencies.models import Agency
from agreements.reports.portfolio import FORMATS


class PortfolioForm(forms.Form):
    """Whose agreements, on which day, written how."""

    agency = forms.ChoiceField(label="Agency")
    day = forms.DateField(label="As of the end of", widget=forms.DateInput(attrs={"type": "date"}))
    format = forms.ChoiceField(
        label="Format",
        choices=[(name, label) for name, (label, _) in FORMATS.items()],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, agencies: Iterable[Agency], today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.agencies = {agency.slug: agency for agency in agencies}
        self.today = today
        self.fields["agency"].choices = [(slug, agency.name) for slug, agency in self.agencies.items()]  # type: ignore[attr-defined]

    def clean_day(self) -> date:
        """A day that has come."""
        day: date = self.cleaned_data["day"]
        if not date(1990, 1, 1) <= day <= self.today:
            raise forms.ValidationError("Choose today or an earlier day.")
        return day
