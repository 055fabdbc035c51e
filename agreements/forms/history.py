"""What narrows the history of one agreement, and the moment at which it is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.timezone import get_current_timezone_name, localtime

from audit.forms import Moment
from audit.models import Event
from common import dates

MOST = 200


class HistoryForm(forms.Form):
    """Who did it, and what it was about; only what the history holds can be chosen."""

    who = forms.ChoiceField(required=False)
    what = forms.ChoiceField(required=False)

    def __init__(self, data: Mapping[str, Any], *, events: QuerySet[Event]) -> None:
        """The people and the kinds of acts of these events."""
        super().__init__(data)
        rows = events.order_by().values_list("actor", "actor_label").distinct()[:MOST]
        people = {str(actor or ""): label.partition(" (")[0] for actor, label in rows}
        about = {
            action.partition(".")[0]
            for action in events.order_by().values_list("action", flat=True).distinct()
        }
        people["none"] = people.pop("", "Concordat")
        self.fields["who"].choices = [("", "Anybody"), *sorted(people.items(), key=lambda row: row[1])]  # type: ignore[attr-defined]
        kinds = sorted((one, one.replace("_", " ").capitalize()) for one in about)
        self.fields["what"].choices = [("", "Anything"), *kinds]  # type: ignore[attr-defined]

    def narrowed(self, events: QuerySet[Event]) -> QuerySet[Event]:
        """The events asked for; a choice that is none narrows to nothing and says so at its field."""
        if not self.is_valid():
            return events.none()
        who, what = self.cleaned_data["who"], self.cleaned_data["what"]
        found = Q(actor=None) if who == "none" else Q(actor=who) if who else Q()
        return events.filter(found & Q(action__startswith=f"{what}.") if what else found)


class AsOfForm(forms.Form):
    """A day, or a day and a time, on the agreement's own clock."""

    at = Moment(
        label="Day and time",
        last=True,
        help_text="The agreement as it stood at the end of this minute or day",
    )

    def day(self) -> date:
        """The day that was asked for."""
        return (localtime(self.cleaned_data["at"]) - timedelta(microseconds=1)).date()

    def said(self) -> str:
        """The moment in words."""
        return dates.instant(self.cleaned_data["at"] - timedelta(minutes=1), get_current_timezone_name())

    def clean_at(self) -> Any:
        """A moment is needed."""
        if self.cleaned_data["at"] is None:
            raise forms.ValidationError("Give a day, or a day and a time.")
        return self.cleaned_data["at"]
