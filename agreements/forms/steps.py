"""The questions each step asks before it is taken."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet

from agencies.models import Agency, User
from agreements import coverage
from agreements.forms.shared import DAY, OnceForm, Words, choose_from, choose_row, no_control_characters
from agreements.models import Agreement, Flow, FlowStatus, Ground, Outcome
from agreements.operations import requesting

DAY_FORMAT = "%Y-%m-%d"
GRANTS = [
    ("view", "Read the agreement and download it"),
    ("comment", "Read it and comment"),
    ("export", "Read it and export its history"),
]


class StepForm(forms.Form):
    """A step's own questions; `actor_agency` is the agency that takes it."""

    def __init__(
        self,
        *args: Any,
        agreement: Agreement,
        today: date,
        seen_hash: str = "",
        others: QuerySet[Agreement] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.agreement, self.today, self.choices = agreement, today, others
        if "seen_hash" in self.fields:
            self.fields["seen_hash"].initial = seen_hash
        self.arrange()

    def arrange(self) -> None:
        """Fill in choices that depend on the agreement."""


class NoteForm(StepForm):
    """A word to go with it."""

    note = Words(
        rows=3, max_length=2000, required=False, help_text="The other parties read it with the text."
    )


class HandOverForm(StepForm):
    """To whom the text goes, with a word about it."""

    to = forms.ModelChoiceField(Agency.objects.none(), label="Whose turn is it then?", required=False)
    note = Words(
        rows=3,
        max_length=2000,
        required=False,
        help_text="What you changed or ask for. Every party reads it.",
    )

    def arrange(self) -> None:
        """The other parties; no question when there is only one."""
        others = [
            party.agency_id
            for party in self.agreement.parties.all()
            if party.agency_id != self.agreement.turn_id
        ]
        if len(others) < 2:
            del self.fields["to"]
            return
        rows = Agency.objects.filter(pk__in=others).order_by("name")
        choose_row(self, "to", rows, empty="Choose a party").required = True


class ReasonForm(StepForm):
    """Why, for the record."""

    reason = Words(rows=4, max_length=2000, help_text="It is recorded, and every party reads it.",
                   error_messages={"required": "Give the reason; it is recorded and the parties read it."})  # fmt: skip


class SeenForm(StepForm):
    """The step answers exactly the text shown."""

    seen_hash = forms.CharField(widget=forms.HiddenInput, max_length=64)


class FreezeForm(SeenForm):
    """The text that is sent for signature, and by when."""

    sign_by = forms.DateField(
        label="To be signed by", widget=DAY, required=False,
        help_text="After this day nobody can sign until you give another one. Whoever's turn it is, is reminded every week.",
    )  # fmt: skip

    def arrange(self) -> None:
        """The usual time unless said otherwise."""
        self.fields["sign_by"].initial = requesting.latest(self.today)


class ExtendForm(StepForm):
    """By when those who have not signed are asked to, and why."""

    sign_by = forms.DateField(label="To be signed by", widget=DAY)
    reason = Words(rows=3, max_length=2000, help_text="It is recorded, and every party reads it.",
                   error_messages={"required": "Give the reason; it is recorded and the parties read it."})  # fmt: skip

    def arrange(self) -> None:
        """The usual time from today."""
        self.fields["sign_by"].initial = requesting.latest(self.today)


class ApproveForm(SeenForm):
    """Approval of exactly the text shown."""

    note = Words(rows=3, max_length=2000, required=False, help_text="Recorded with the approval.")


class SuspendForm(StepForm):
    """From when, until when and on what grounds."""

    from_on = forms.DateField(label="Suspended from", widget=DAY)
    until_on = forms.DateField(
        label="Until and including",
        widget=DAY,
        required=False,
        help_text="Leave empty for the longest that the agreement allows, or to resume by an act.",
    )
    grounds = Words(rows=4, max_length=4000, label="Grounds", help_text="Recorded; every party reads them.",
                    error_messages={"required": "Give the grounds; they are recorded."})  # fmt: skip

    def arrange(self) -> None:
        """From today unless said otherwise."""
        self.fields["from_on"].initial = self.today


class TerminateForm(StepForm):
    """On what ground, why, and the last day in force."""

    ground = forms.ChoiceField(choices=Ground.choices, widget=forms.RadioSelect, label="Ground")
    last_day = forms.DateField(
        label="Last day in force",
        widget=DAY,
        required=False,
        help_text="Leave empty for the earliest day: by notice that is your agency's notice period from today.",
    )
    sent_on = forms.DateField(label="Notice sent on", widget=DAY, required=False,
                              help_text="Leave empty for today. Its period runs from the day the other parties have it.")  # fmt: skip
    reason = Words(rows=4, max_length=4000, help_text="It is recorded, and every party reads it.",
                   error_messages={"required": "Give the reason; it is recorded."})  # fmt: skip


class FlowForm(StepForm):
    """Which flow, and whether its data moves now."""

    flow = forms.ModelChoiceField(Flow.objects.none(), label="Which data, from whom to whom")
    status = forms.ChoiceField(choices=FlowStatus.choices, widget=forms.RadioSelect, label="It is now")
    reason = Words(rows=4, max_length=2000, help_text="It is recorded, and every party reads it.",
                   error_messages={"required": "Give the reason; it is recorded and the parties read it."})  # fmt: skip

    def arrange(self) -> None:
        """The flows of this agreement."""
        choose_row(self, "flow", coverage.flows(self.agreement), empty="Choose a flow")


class ReviewForm(StepForm):
    """What was decided, why, and who was asked."""

    outcome = forms.ChoiceField(
        choices=Outcome.choices, widget=forms.RadioSelect, label="Your agency decided to"
    )
    reason = Words(rows=4, max_length=4000, error_messages={"required": "Give the reason; it is recorded."})
    consulted = forms.CharField(
        label="Who was consulted", max_length=300, required=False, validators=[no_control_characters]
    )


class CommentForm(OnceForm):
    """A remark on the agreement, one provision or one structured term, and who is to be told."""

    provision = forms.ChoiceField(label="About", required=False)
    text = Words(
        rows=4,
        max_length=8000,
        label="Your comment",
        help_text="Write @ and a name to tell somebody who can read it.",
        error_messages={"required": "Write your comment first."},
    )
    told = forms.MultipleChoiceField(
        label="Tell these people", required=False, widget=forms.CheckboxSelectMultiple
    )
    private = forms.BooleanField(label="Only my agency may read this", required=False)
    reply_to = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, said: dict[str, str], topics: dict[str, str], people: list[User],
                 may_be_private: bool, **options: Any) -> None:  # fmt: skip
        super().__init__(*args, **options)
        self.said = said
        whole = [("", "The agreement as a whole"), *said.items(), *topics.items()]
        choose_from(self, "provision", whole)
        choose_from(self, "told", [(str(person.pk), person.name) for person in people])
        if not people:
            del self.fields["told"]
        if not may_be_private:
            del self.fields["private"]


class GrantForm(forms.Form):
    """Whom to give access, to what, until when and why."""

    email = forms.EmailField(label="E-mail of the person", help_text="Somebody who has an account here.")
    conveys = forms.ChoiceField(label="They may", choices=GRANTS)
    until = forms.DateField(
        label="Until", widget=DAY, help_text="The first day without access, within one year."
    )
    reason = forms.CharField(max_length=300, validators=[no_control_characters], help_text="It is recorded.")

    def clean_email(self) -> str:
        """A person with an account; kept as typed if there is none."""
        typed = str(self.cleaned_data["email"]).strip().lower()
        found = User.objects.filter(email=typed, is_active=True).first()
        if found is None:
            raise forms.ValidationError(
                "Nobody with this address has an account. Ask an administrator to invite them."
            )
        self.person = found
        return typed


class RevokeForm(forms.Form):
    """Why access is taken away."""

    reason = forms.CharField(max_length=300, validators=[no_control_characters])
