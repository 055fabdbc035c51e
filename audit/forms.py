"""The desk's search."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from audit.models import Event


class DeskForm(forms.Form):
    """What to look for; empty fields do not narrow."""

    who = forms.CharField(label="Person or e-mail", required=False, max_length=120)
    action = forms.CharField(label="Action", required=False, max_length=80, help_text="For instance: signed")
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    agency = forms.UUIDField(required=False, widget=forms.HiddenInput)
    before = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """The days in order."""
        found = super().clean() or self.cleaned_data
        if found.get("since") and found.get("until") and found["until"] < found["since"]:
            self.add_error("until", "The last day is before the first. Give a later day.")
        return found

    def narrowed(self, events: QuerySet[Event]) -> QuerySet[Event]:
        """The events asked for; a wrong field shows its error and does not narrow."""
        self.is_valid()
        asked = self.cleaned_data
        conditions = {
            "actor_label__icontains": asked.get("who"),
            "action__icontains": asked.get("action"),
            "agency": asked.get("agency"),
            "at__date__gte": asked.get("since"),
            "at__date__lte": asked.get("until"),
            "pk__lt": asked.get("before"),
        }
        return events.filter(Q(**{name: value for name, value in conditions.items() if value}))


class TakingForm(forms.Form):
    """Which history is to be taken away: an agreement's, or the whole of an agency's."""

    format = forms.CharField(max_length=10)
    agreement = forms.UUIDField(required=False)
    agency = forms.UUIDField(required=False)

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        found = super().clean() or self.cleaned_data
        if bool(found.get("agreement")) == bool(found.get("agency")):
            raise forms.ValidationError("Ask for one history.")
        return found

    @property
    def scope(self) -> str:
        """What kind of history."""
        return "agency" if self.cleaned_data.get("agency") else "agreement"

    @property
    def stream(self) -> Any:
        """Whose."""
        return self.cleaned_data.get("agency") or self.cleaned_data.get("agreement")
