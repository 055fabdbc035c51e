"""Forms shape and keep what was typed; the operations decide and write."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.module_loading import import_string

from agencies.models import (
    Agency,
    AgencyKind,
    BasisKind,
    Invitation,
    Membership,
    Pace,
    Role,
    SigningAuthority,
    User,
)
from agencies.models.validators import DAYS_BEFORE_LIMIT, LEAD_LIMIT, no_control_characters, plain_name
from agencies.operations.agencies import EDITABLE

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_REMINDER_FIELDS = ("reminder_days", "reminders_weekly", "approval_lead_days")


def report(form: forms.BaseForm, error: ValidationError) -> None:
    """Show what an operation refused at the fields it names, or above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(
            name if name in form.fields and name != NON_FIELD_ERRORS else None, ValidationError(errors)
        )


class _FieldsOnly:
    """A model form that can only read: operations are the only writers."""

    def save(self, commit: bool = True) -> Any:
        raise TypeError("Forms don't save; call the operation.")


class SearchForm(forms.Form):
    """What to look for in the registry."""

    q = forms.CharField(label="Name, place or ORI", required=False, max_length=100)
    kind = forms.ChoiceField(required=False, choices=[("", "All kinds"), *AgencyKind.choices])


class AgencyForm(_FieldsOnly, forms.ModelForm):  # type: ignore[type-arg]
    """The facts an agency keeps about itself."""

    website = forms.URLField(required=False, max_length=300, assume_scheme="https")
    reminder_days = SimpleArrayField(
        forms.IntegerField(min_value=0, max_value=DAYS_BEFORE_LIMIT),
        required=False,
        max_length=40,
        label="Remind us this many days before",
        help_text="Whole days with commas between, for example 180, 90, 30. Leave empty for the usual ones.",
    )
    reminders_weekly = forms.BooleanField(required=False, initial=True, label="Remind us weekly when overdue")
    approval_lead_days = forms.IntegerField(
        min_value=0,
        max_value=LEAD_LIMIT,
        required=False,
        label="Days your governing body needs to approve",
        help_text="Everybody is first reminded at least 30 days before the slowest party must begin.",
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Agency
        fields: ClassVar[list[str]] = [name for name in EDITABLE if name != "reminders"]
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "cjis_audit_on": DAY,
            "address": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.instance.reminders or {}
        self.initial.setdefault("reminder_days", kept.get("days_before", []))
        self.initial.setdefault("reminders_weekly", kept.get("weekly_when_overdue", True))
        self.initial.setdefault("approval_lead_days", kept.get("approval_lead_days"))
        self.initial.setdefault("seen", self.instance.last_event_id)

    def clean_email_domains(self) -> list[str]:
        """Domains in small letters, each once."""
        return sorted({str(domain).strip().lower() for domain in self.cleaned_data["email_domains"] or []})

    def clean_ori(self) -> str:
        """An ORI is written in capitals."""
        return str(self.cleaned_data["ori"]).strip().upper()

    def facts(self) -> dict[str, Any]:
        """The fields as the operation takes them."""
        data = self.cleaned_data
        facts = {name: data[name] for name in self.Meta.fields if name in data}
        facts["reminders"] = self.instance.reminders | {
            "days_before": sorted(set(data["reminder_days"] or []), reverse=True),
            "weekly_when_overdue": data["reminders_weekly"],
            "approval_lead_days": data["approval_lead_days"] or 0,
        }
        return facts


class NewAgencyForm(_FieldsOnly, forms.ModelForm):  # type: ignore[type-arg]
    """What must be known to enter an agency into the registry."""

    class Meta:
        model = Agency
        fields: ClassVar[list[str]] = [
            "name",
            "short_name",
            "kind",
            "jurisdiction",
            "cj_status",
            "ori",
            "timezone",
        ]


class InvitationForm(_FieldsOnly, forms.ModelForm):  # type: ignore[type-arg]
    """Whom to invite, and for what."""

    class Meta:
        model = Invitation
        fields: ClassVar[list[str]] = ["email", "name", "role"]

    def clean_email(self) -> str:
        """An address is written in small letters."""
        return str(self.cleaned_data["email"]).strip().lower()


class MembershipForm(_FieldsOnly, forms.ModelForm):  # type: ignore[type-arg]
    """Another role for somebody of the agency."""

    user = forms.ModelChoiceField(User.objects.none(), label="Person")

    class Meta:
        model = Membership
        fields: ClassVar[list[str]] = ["user", "role"]

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = people  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """The role to hold instead."""

    role = forms.ChoiceField(label="New role", choices=Role.choices)


class EndForm(forms.Form):
    """When a role ends."""

    until = forms.DateField(
        label="Ends on",
        required=False,
        widget=DAY,
        help_text="The first day without this role. Leave empty to end it now.",
    )


class ReasonForm(forms.Form):
    """Why, for the record."""

    reason = forms.CharField(max_length=500, validators=[no_control_characters])


class AuthorityForm(_FieldsOnly, forms.ModelForm):  # type: ignore[type-arg]
    """Who may sign, on what basis, for what, and how long."""

    person = forms.ModelChoiceField(User.objects.none(), help_text="Signatories of this agency.")
    kinds = forms.MultipleChoiceField(
        label="Kinds of agreement",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked means all kinds.",
    )
    basis_kind = forms.ChoiceField(label="Kind of basis", choices=BasisKind.choices)

    class Meta:
        model = SigningAuthority
        fields: ClassVar[list[str]] = [
            "person",
            "basis_kind",
            "basis",
            "kinds",
            "limit_text",
            "document_reference",
            "since",
            "until",
        ]
        widgets: ClassVar[dict[str, forms.Widget]] = {"since": DAY, "until": DAY}
        help_texts: ClassVar[dict[str, str]] = {
            "until": "The first day without it. Leave empty if it has no end."
        }

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        self.fields["kinds"].choices = agreement_kinds()  # type: ignore[attr-defined]


class JoinForm(forms.Form):
    """How a newcomer is called, and the password they choose."""

    name = forms.CharField(label="Your name", max_length=150, validators=[plain_name])
    title = forms.CharField(label="Your title", max_length=150, required=False, validators=[plain_name])
    password = forms.CharField(
        label="Password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 15 characters. A few words in a row are easy to remember.",
    )
    again = forms.CharField(
        label="Password again",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both passwords must be the same."""
        data = self.cleaned_data
        if "password" in data and "again" in data and data["password"] != data["again"]:
            self.add_error("again", "The two passwords differ.")
        return data


class PaceForm(forms.Form):
    """How often one is told of deadlines."""

    pace = forms.ChoiceField(label="Tell me of deadlines", choices=Pace.choices, widget=forms.RadioSelect)


class NameForm(_FieldsOnly, forms.ModelForm):  # type: ignore[type-arg]
    """How a person is called and reached."""

    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["name", "title", "phone"]


def agreement_kinds() -> list[tuple[str, str]]:
    """The kinds of agreement there are, by the function the settings name: this package does not know them."""
    named = getattr(settings, "AGREEMENT_KINDS", None)
    return list(import_string(named)()) if named else []
