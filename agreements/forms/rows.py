"""What the forms of a draft's rows have in common; each carries the number of the row's last event as `seen`."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from agreements.forms.shared import OnceForm, ReadOnlyModelForm, choose_row, no_control_characters


def plainly(field: forms.IntegerField, limits: Iterable[Any]) -> None:
    """Say in plain words which numbers fit: the column's limits are asked at the field, before the row is."""
    field.error_messages["invalid"] = "Give a whole number in figures, for example 30."
    bounds = [one for one in limits if isinstance(one, MaxValueValidator | MinValueValidator)]
    said = {MaxValueValidator: "Give at most {:,}.", MinValueValidator: "Give at least {:,}."}
    field.validators = [type(one)(one.limit_value, said[type(one)].format(one.limit_value)) for one in bounds]


@dataclass(frozen=True)
class Group:
    """Fields that belong together; a closed one says how much of it is filled in."""

    label: str
    fields: tuple[forms.BoundField, ...]
    open: bool

    @property
    def note(self) -> str:
        """'2 of 5 filled in'."""
        filled = sum(field.value() not in (None, "", [], False) for field in self.fields)
        return f"{filled} of {len(self.fields)} filled in"


class RowForm(ReadOnlyModelForm, OnceForm, forms.ModelForm):  # type: ignore[type-arg]
    """A row's fields as they may be edited, with `seen`: the row's last event as this form was shown.

    `only` limits it to some of its fields. `grouping` names groups of fields; those with something essential are open.
    """

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    essential: tuple[str, ...] = ()
    grouping: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __init__(self, *args: Any, agreement: Any, only: Collection[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.agreement = agreement
        for name in [name for name in self.fields if only and name not in {*only, "seen", "once"}]:
            del self.fields[name]
        if not self.instance._state.adding:
            self.initial.setdefault("seen", self.instance.last_event_id)
        for name, field in self.fields.items():
            if type(field) in {forms.CharField, forms.EmailField}:
                field.validators.append(no_control_characters)
            field.widget.attrs.pop("maxlength", None)  # a browser cuts what is pasted without a word
            if isinstance(field, forms.IntegerField) and name != "seen":
                plainly(field, self._meta.model._meta.get_field(name).validators)
        self.arrange()

    def arrange(self) -> None:
        """Fill in choices that depend on the agreement."""

    def values(self) -> dict[str, Any]:
        """The fields as the operations take them."""
        return {
            name: self.cleaned_data[name] for name in self._meta.fields or [] if name in self.cleaned_data
        }

    def groups(self, failing: Collection[str] = ()) -> list[Group]:
        """The fields by group; open are the first, those with an essential field, an error or a failing check."""
        shown = {field.name: field for field in self.visible_fields()}
        table = self.grouping or (
            ("", tuple(self.essential) or tuple(shown)),
            ("More terms", tuple(name for name in shown if name not in self.essential)),
        )
        wanted = {*self.essential, *failing, *self.errors}
        found = [
            (label, tuple(shown[name] for name in names if name in shown), not wanted.isdisjoint(names))
            for label, names in table
        ]
        rest = set(shown) - {name for _, names in table for name in names}
        left = tuple(field for name, field in shown.items() if name in rest)
        groups = [
            Group(label, fields, opened)
            for label, fields, opened in [*found, ("Other", left, True)]
            if fields
        ]
        return [Group(one.label, one.fields, one.open or not place) for place, one in enumerate(groups)]

    def choose_party(self, name: str, empty: str = "Choose a party") -> None:
        """Let a field choose among this agreement's parties."""
        rows = self.agreement.parties.filter(left_on=None).select_related("agency").order_by("position")
        choose_row(self, name, rows, empty=empty, said=lambda party: str(party.agency.name))
