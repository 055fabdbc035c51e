"""What is asked of the clause library, and how an agency's clauses and positions are typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from agencies.models import Agency
from agencies.models.agency import AgencyKind
from agreements import catalog
from agreements.catalog import vocabulary as words
from agreements.forms.drafting import STATUSES
from agreements.forms.listing import categories, choice
from agreements.forms.shared import Lines, OnceForm, Words, choose_from, no_control_characters
from agreements.library.shelf import Sought
from agreements.library.texts import BINDING, RULES, Text
from agreements.models import AgencyPosition, Agreement, Position
from agreements.models.library import CONDITIONS

POSITIONS = {key: label for key, label in Position.choices if key != Position.OWN}
KINDS = {key: key.capitalize() for key in words.CLAUSE_KINDS}
FACETS = ("whose", "part", "position", "kind", "rule", "template")


def party_types() -> dict[str, str]:
    """What sort of body a party may be, and its standing in criminal justice."""
    return {**dict(AgencyKind.choices), **{key: STATUSES[key] for key in words.CJ_STATUSES if key != "none"}}


def templates() -> dict[str, str]:
    """The templates by id."""
    return {one.id: one.name for one in catalog.load().templates.values()}


def matters() -> dict[str, str]:
    """The matters of the shipped library, each by the heading of its general text, in the order of the parts."""
    known = catalog.load()
    parts = list(known.parts)
    ordered = sorted(known.families.items(), key=lambda pair: (parts.index(pair[1][0].part), pair[0]))
    return {name: f"{known.parts[texts[0].part]}: {texts[0].heading}" for name, texts in ordered}


def options(agencies: Iterable[Agency]) -> dict[str, dict[str, str]]:
    """Every choice of the library, by facet."""
    return {
        "whose": {
            "shipped": "Comes with Concordat",
            **{one.slug: f"{one.short_name}’s own" for one in agencies},
        },
        "part": dict(catalog.load().parts),
        "position": POSITIONS,
        "kind": KINDS,
        "rule": {key: name for key, (name, _) in RULES.items()},
        "template": templates(),
    }


LABELS = {"whose": "Whose", "part": "Part", "position": "Position", "kind": "Kind", "rule": "Rule behind it",
          "template": "Template"}  # fmt: skip


class LibraryForm(forms.Form):
    """Search, choices and place in the library; what is not known is named and left out."""

    q = forms.CharField(
        label="Search", max_length=200, required=False, validators=[no_control_characters],
        error_messages={"max_length": "Search for at most 200 characters; the rest was left out."},
    )  # fmt: skip

    def __init__(self, *args: Any, agencies: Iterable[Agency], **more: Any) -> None:
        super().__init__(*args, **more)
        for name, known in options(agencies).items():
            self.fields[name] = choice(LABELS[name], known)

    def sought(self) -> Sought:
        """What was asked and understood."""
        said = self.cleaned_data
        return Sought(text=said.get("q", ""), **{name: said.get(name, "") for name in FACETS})


class ClauseForm(OnceForm):
    """An agency's own clause."""

    agency = forms.ChoiceField(label="Kept by")
    heading = forms.CharField(max_length=300, validators=[no_control_characters])
    part = forms.ChoiceField(help_text="Where it goes in an agreement.")
    text = Words(
        rows=12, max_length=50_000,
        help_text="Paragraphs, **bold**, *italic*, lists and tables. Names in braces, such as {term.notice}, are filled from the agreement’s terms.",
    )  # fmt: skip
    position = forms.ChoiceField(
        choices=list(POSITIONS.items()), initial=Position.STANDARD,
        help_text="A fallback is offered to your drafters for when the other side refuses your standard.",
    )  # fmt: skip
    kind = forms.ChoiceField(choices=list(KINDS.items()), initial="duty")
    family = forms.ChoiceField(
        label="Another text on", required=False, help_text="The matter of the library that it says in your agency’s words, if there is one."
    )  # fmt: skip
    note = Words(rows=3, max_length=2000, required=False, label="Plain-language note",
                 help_text="What it is for and when to use it. Only your agency’s people read it.")  # fmt: skip
    source = forms.CharField(max_length=300, required=False, label="Rule behind it", validators=[no_control_characters],
                             help_text="The law or policy, with section.")  # fmt: skip
    categories = forms.MultipleChoiceField(required=False, label="Only where the data includes")
    party_types = forms.MultipleChoiceField(required=False, label="Only where a party is a")
    templates = forms.MultipleChoiceField(required=False, label="Only in agreements from these templates")
    bindings = forms.MultipleChoiceField(
        required=False, label="Only where the agreement is", choices=[(key, word.capitalize()) for key, word in BINDING.items()],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    jurisdictions = Lines(rows=2, each=100, most=60, required=False, label="Only in these jurisdictions",
                          help_text="One on each line, as agreements name them.")  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, agencies: Sequence[Agency], revising: Text | None = None, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.agencies = {one.slug: one for one in agencies}
        choose_from(self, "agency", [(one.slug, one.name) for one in agencies])
        choose_from(self, "part", list(catalog.load().parts.items()))
        choose_from(self, "family", [("", "A matter of its own"), *matters().items()])
        choose_from(self, "categories", list(categories().items()))
        choose_from(self, "party_types", list(party_types().items()))
        choose_from(self, "templates", list(templates().items()))
        if revising is not None or len(agencies) == 1:
            self.fields["agency"].widget, self.fields["agency"].required = forms.HiddenInput(), False
            self.fields["agency"].initial = next(iter(self.agencies), "")

    @property
    def main(self) -> list[forms.BoundField]:
        """What every clause is asked."""
        return [
            self[name]
            for name in ("agency", "heading", "part", "text", "note", "position", "family", "source")
        ]

    @property
    def more(self) -> list[forms.BoundField]:
        """What most clauses need not state."""
        return [self[name] for name in ("kind", *CONDITIONS)]

    @property
    def agency_chosen(self) -> Agency:
        """Who keeps it."""
        return self.agencies[self.cleaned_data["agency"] or next(iter(self.agencies))]

    def values(self) -> dict[str, Any]:
        """The fields of the clause."""
        said = self.cleaned_data
        conditions = {name: list(said[name]) for name in CONDITIONS if said[name]}
        names = ("heading", "part", "text", "position", "kind", "family", "note", "source")
        return {name: said[name] for name in names} | {"conditions": conditions}


def beginning(one: Text) -> dict[str, Any]:
    """A text as the form shows it."""
    family = one.matter if one.matter in catalog.load().families else ""
    return {
        "heading": one.heading, "part": one.part, "text": one.text, "position": one.position, "kind": one.kind,
        "family": family, "note": one.note, "source": one.source, "agency": one.slug,
        **{name: list(getattr(one.conditions, name)) for name in CONDITIONS},
    }  # fmt: skip


STANCES = [(str(key), str(label)) for key, label in AgencyPosition._meta.get_field("stance").flatchoices]


class PositionForm(forms.Form):
    """How far an agency's drafters may move on a matter, and with which texts."""

    stance = forms.ChoiceField(
        label="How far may your drafters move?", widget=forms.RadioSelect,
        choices=STANCES,
    )  # fmt: skip
    preferred = forms.ChoiceField(label="Our standard text", required=False)
    note = Words(rows=4, max_length=2000, required=False, label="For your drafters",
                 help_text="Why, and what to say when the other side objects. Only your agency’s people read it.")  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, texts: Sequence[Text], position: AgencyPosition | None = None, **more: Any
    ) -> None:
        known = {one.ref: f"{one.heading} ({_where(one)})" for one in texts}
        if position is not None:
            fallbacks = {f"fallback_{place}": ref for place, ref in enumerate(position.fallbacks, 1)}
            more["initial"] = {
                "stance": position.stance, "preferred": position.preferred, "note": position.note,
                "seen": position.last_event_id, **fallbacks,
            }  # fmt: skip
        super().__init__(*args, **more)
        self.places = [f"fallback_{place}" for place in range(1, min(len(texts), 4))]
        choose_from(self, "preferred", [("", "The one whose conditions hold"), *known.items()])
        for place, name in enumerate(self.places, 1):
            label = "If the other side refuses, offer" if place == 1 else "And then"
            self.fields[name] = forms.ChoiceField(
                label=label, required=False, choices=[("", "Nothing"), *known.items()]
            )
        self.order_fields(["stance", "preferred", *self.places, "note", "seen"])

    def values(self) -> dict[str, Any]:
        """The position as the operation takes it."""
        said = self.cleaned_data
        return {
            "stance": said["stance"], "preferred": said["preferred"], "note": said["note"], "seen": said["seen"],
            "fallbacks": [said[name] for name in self.places if said[name]],
        }  # fmt: skip


def _where(one: Text) -> str:
    """Which of several texts it is, in words."""
    told = ["own" if one.own else "Concordat’s", one.position_name.lower()]
    return ", ".join([*told, f"when {one.says_when}"] if one.says_when else told)


class PutForm(forms.Form):
    """Into which draft a text goes."""

    draft = forms.ChoiceField(label="Draft")
    instead = forms.BooleanField(
        required=False, label="If the draft has a text on this matter, put this one in its place"
    )

    def __init__(self, *args: Any, drafts: Iterable[Agreement], **more: Any) -> None:
        super().__init__(*args, **more)
        self.drafts = {str(one.pk): one for one in drafts}
        choose_from(
            self, "draft", [(key, f"{one.reference} {one.title}") for key, one in self.drafts.items()]
        )


class ReasonForm(forms.Form):
    """Why something is no longer offered."""

    reason = Words(
        rows=3, max_length=2000, help_text="It is recorded; your agency’s people read it.",
        error_messages={"required": "Say why; it is recorded."},
    )  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
