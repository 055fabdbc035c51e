"""What the desk is asked: a search, and the name under which to keep it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date

from audit import reading, sentences
from audit.searching import WORDS, Search

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
DAY_AND_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
YEARS = range(1990, 2101)
KEPT = 50
LONGEST = 2000
TAKEN = ("exported", "downloaded", "taken")

SHOWN = {
    "": "Everything",
    "mine": "Only what I did",
    "taken": "Only exports and downloads",
    "private": "Only my agency’s private entries",
}


class _DayAndTime(forms.DateTimeInput):
    """The browser's own field, which shows nothing for a day alone: it is given the day's first or last minute."""

    def __init__(self, *, last: bool) -> None:
        super().__init__(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        self.last = last

    def format_value(self, value: Any) -> str | None:
        """A day with its first or last minute; everything else as it is."""
        found = super().format_value(value)
        if found and DAY.fullmatch(found):
            return f"{found}T23:59" if self.last else f"{found}T00:00"
        return found

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """What is no day and time is shown as it was typed, which the browser's own field would not do."""
        found = super().get_context(name, value, attrs)
        shown = found["widget"]["value"]
        if shown and not DAY_AND_TIME.fullmatch(shown):
            found["widget"]["type"] = found["widget"]["attrs"]["type"] = "text"
        return found


class Moment(forms.DateTimeField):
    """A day, or a day and a time of day; `last` means up to the end of what was given."""

    def __init__(self, *, last: bool = False, **kwargs: Any) -> None:
        """As a field of the browser's own for a day and a time."""
        super().__init__(widget=_DayAndTime(last=last), required=False, **kwargs)
        self.last = last

    def to_python(self, value: Any) -> datetime | None:
        """The first instant of what was given; with `last`, the first one after it."""
        wrong = ValidationError(
            "Give a day between 1990 and 2100, such as 2026-03-02, or with a time, 2026-03-02T14:30."
        )
        try:
            found = super().to_python(value)
            whole = isinstance(value, str) and parse_date(value.strip()) is not None
        except (ValidationError, ValueError, OverflowError):
            raise wrong from None
        if found is None:
            return None
        if found.year not in YEARS:
            raise wrong
        return found + (timedelta(days=1) if whole else timedelta(minutes=1)) if self.last else found


class DeskForm(forms.Form):
    """What to look for; empty fields do not narrow. A wrong field says so, and nothing is searched."""

    who = forms.CharField(label="Person", required=False, max_length=200, help_text="Name or e-mail address")
    agreement = forms.CharField(required=False, max_length=200, help_text="Reference or words of the title")
    agency = forms.CharField(
        label="Acting for", required=False, max_length=200, help_text="Name of the agency"
    )
    action = forms.ChoiceField(label="What was done", required=False)
    since = Moment(label="From")
    until = Moment(label="To", last=True)
    words = forms.CharField(
        label="Words", required=False, max_length=200, help_text="In what happened and what changed"
    )
    show = forms.ChoiceField(label="Show", required=False, choices=list(SHOWN.items()))

    def __init__(self, data: Mapping[str, Any], *, user: Any, today: date) -> None:
        """For one person on one day."""
        super().__init__(data)
        self.user, self.today, self.finding = user, today, reading.finding()
        self.fields["action"].choices = [("", "Anything"), *kinds_of_acts()]  # type: ignore[attr-defined]
        for name in ("who", "agency"):
            self.fields[name].widget.attrs |= {"list": f"desk-{name}", "autocomplete": "off"}

    def clean_words(self) -> str:
        """A few words."""
        words: str = self.cleaned_data["words"].strip()
        if len(words.split()) > WORDS:
            raise ValidationError(f"Give at most {WORDS} words; each of them is looked for.")
        return words

    def clean_agency(self) -> tuple[Any, ...]:
        """The agencies of this name."""
        text = self.cleaned_data["agency"].strip()
        return self._found(
            text, lambda: self.finding.agency_ids(text), "No agency has this name. Pick one of the list."
        )

    def clean_agreement(self) -> tuple[Any, ...]:
        """The agreements, of those the person may see."""
        text = self.cleaned_data["agreement"].strip()
        absent = "No agreement you may see has this reference or these words in its title."
        return self._found(
            text, lambda: self.finding.agreement_ids(self.user, text, today=self.today), absent
        )

    def _found(self, text: str, find: Any, absent: str) -> tuple[Any, ...]:
        try:
            found = tuple(find()) if text else ()
        except self.finding.TooMany:
            raise ValidationError("Too many have these words. Give more of the name.") from None
        if text and not found:
            raise ValidationError(absent)
        return found

    def clean(self) -> dict[str, Any]:
        """The times in order."""
        found = super().clean() or self.cleaned_data
        if found.get("since") and found.get("until") and found["until"] <= found["since"]:
            self.add_error("until", "The end is before the beginning. Give a later time.")
        return found

    def search(self) -> Search | None:
        """What is asked for; None when something is wrong."""
        if not self.is_valid():
            return None
        asked, who = self.cleaned_data, self.cleaned_data["who"].strip()
        actor = self.finding.person(self.user, who, today=self.today) if who else None
        show, actions = asked["show"], acts(asked["action"])
        if show == "taken":
            actions = tuple(one for one in actions or sentences.known() if one.endswith(TAKEN)) or ("none",)
        return Search(
            actor=self.user.pk if show == "mine" else actor,
            named="" if actor else who,
            agencies=asked["agency"], streams=asked["agreement"], actions=actions,
            since=asked["since"], until=asked["until"], words=asked["words"],
            private=tuple(reading.own(self.user, today=self.today)) or (self.user.pk,) if show == "private" else (),
        )  # fmt: skip

    def query(self) -> str:
        """What was typed, as the end of an address."""
        return urlencode({name: self.data[name] for name in self.fields if self.data.get(name)})


def kinds_of_acts() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Every kind of act that has a sentence, by what it is about."""
    groups: dict[str, list[str]] = {}
    for action in sentences.known():
        groups.setdefault(action.partition(".")[0], []).append(action)
    for about, actions in groups.items():
        name = about.replace("_", " ").capitalize()
        each = [(action, f"{name}: {_said(action)}") for action in actions]
        yield name, [(f"{about}.", f"{name}: anything"), *each]


def _said(action: str) -> str:
    return action.partition(".")[2].replace("_", " ").replace(".", ", ")


def acts(chosen: str) -> tuple[str, ...]:
    """The actions of a choice: one, or all that are about one thing."""
    if not chosen.endswith("."):
        return (chosen,) if chosen else ()
    return tuple(action for action in sentences.known() if action.startswith(chosen))


class KeepForm(forms.Form):
    """The name under which a person keeps a search."""

    name = forms.CharField(max_length=80, help_text="For instance: Exports of this quarter")
    query = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2 * LONGEST)

    def clean_query(self) -> str:
        """The parts that the desk knows, and nothing else."""
        given = dict(parse_qsl(self.cleaned_data["query"]))
        kept = urlencode({name: given[name] for name in DeskForm.base_fields if given.get(name)})
        if not kept:
            raise ValidationError("Search for something first; then keep the search.")
        if len(kept) > LONGEST:
            raise ValidationError("This search is too long to keep. Give fewer words.")
        return kept


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
