"""How a party wants to be reminded of one agreement."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField

from agencies.models.validators import DAYS_BEFORE_LIMIT
from agreements.models.term import MOST_DAYS


class WishForm(forms.Form):
    """Own days before a deadline, and whether weekly once one has passed."""

    days = SimpleArrayField(
        forms.IntegerField(min_value=0, max_value=DAYS_BEFORE_LIMIT),
        required=False,
        max_length=MOST_DAYS,
        label="Remind us of this agreement so many days before a deadline",
        help_text="Whole days with commas between, for example 180, 90, 30. Leave empty for your agency’s usual ones.",
    )
    weekly = forms.BooleanField(required=False, label="Remind us every week once a deadline has passed")

    def clean_days(self) -> Any:
        """The furthest first, each once."""
        return sorted(set(self.cleaned_data["days"] or []), reverse=True)
