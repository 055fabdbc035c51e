"""The questions that the acts on an executed agreement ask: renewing, amending, joining, leaving, breach and cure."""

from django import forms

from agencies.models import Agency
from agreements import policy
from agreements.forms.shared import DAY, Words, choose_row, no_control_characters
from agreements.forms.steps import StepForm
from agreements.models import Agreement, Breach, Party
from agreements.operations import renewing


class AmendForm(StepForm):
    """From which day it changes the agreement, and which parties go by it."""

    takes_effect_on = forms.DateField(
        label="Takes effect on", widget=DAY, required=False,
        help_text="Leave empty for the day of its last signature; it never takes effect before that.",
    )  # fmt: skip
    removes = forms.ModelMultipleChoiceField(
        Party.objects.none(), label="Parties that leave by it", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="They sign it too. Parties that come in are added to the draft.",
    )  # fmt: skip

    def arrange(self) -> None:
        """The parties of today but the lead; no question when nobody could go."""
        rows = policy.parties_on(self.agreement, self.today).exclude(agency=self.agreement.lead_id)
        if rows.count() < 2:
            del self.fields["removes"]
            return
        choose_row(self, "removes", rows.select_related("agency"), empty=None)


class JoinForm(StepForm):
    """Which agency joins, whose part it takes as well, and from when."""

    agency = forms.ModelChoiceField(Agency.objects.none(), label="Agency that joins")
    like = forms.ModelChoiceField(
        Party.objects.none(), label="It takes the same part as",
        help_text="The same data with the same others: each flow from or to that party is covered for the new one too.",
    )  # fmt: skip
    takes_effect_on = forms.DateField(
        label="Takes effect on", widget=DAY, required=False,
        help_text="Leave empty for the day of its last signature; it never takes effect before that.",
    )  # fmt: skip

    def arrange(self) -> None:
        """Agencies that are no parties, and the parties."""
        present = self.agreement.parties.values("agency")
        choose_row(self, "agency", Agency.objects.filter(active=True).exclude(pk__in=present).order_by("name"),
                   empty="Choose an agency")  # fmt: skip
        choose_row(self, "like", policy.parties_on(self.agreement, self.today).select_related("agency"),
                   empty="Choose a party")  # fmt: skip


class RelateForm(StepForm):
    """On what it rests, and what it replaces."""

    parent = forms.ModelChoiceField(Agreement.objects.none(), label="It rests on", required=False,
                                    help_text="For example a user agreement without which this exchange can’t be.")  # fmt: skip
    supersedes = forms.ModelChoiceField(Agreement.objects.none(), label="It replaces", required=False,
                                        help_text="That agreement ends the day before this one takes effect.")  # fmt: skip

    def arrange(self) -> None:
        """Executed agreements that the person reads; a view without a person offers none."""
        rows = self.choices if self.choices is not None else Agreement.objects.none()
        if self.agreement.executed_at is not None:
            del self.fields["supersedes"]
        for name in self.fields:
            choose_row(self, name, rows, empty="None").initial = getattr(self.agreement, f"{name}_id")


class WithdrawForm(StepForm):
    """When notice was sent, and why."""

    sent_on = forms.DateField(label="Notice sent on", widget=DAY, required=False,
                              help_text="Leave empty for today. Its period runs from the day the other parties have it.")  # fmt: skip
    reason = Words(rows=4, max_length=4000, help_text="It is recorded, and every party reads it.",
                   error_messages={"required": "Give the reason; it is recorded."})  # fmt: skip


class BreachForm(StepForm):
    """Which party, and what it must mend."""

    party = forms.ModelChoiceField(Party.objects.none(), label="Which party")
    what = Words(rows=4, max_length=4000, label="What it must mend",
                 help_text="Name the provision. It is recorded, and every party reads it.",
                 error_messages={"required": "Say what the party must mend."})  # fmt: skip

    def arrange(self) -> None:
        """The parties of today."""
        rows = policy.parties_on(self.agreement, self.today).select_related("agency")
        choose_row(self, "party", rows, empty="Choose a party")


class CureForm(StepForm):
    """Which breach is cured, and how."""

    breach = forms.ModelChoiceField(Breach.objects.none(), label="Which breach")
    how = Words(rows=4, max_length=4000, label="How it was cured", help_text="It is recorded, and every party reads it.",
                error_messages={"required": "Say how it was cured."})  # fmt: skip

    def arrange(self) -> None:
        """Those that are open."""
        rows = self.agreement.breaches.filter(cured_on=None).select_related("party")
        choose_row(self, "breach", rows.order_by("notified_on"), empty="Choose a breach")


class RenewForm(StepForm):
    """Which renewal, why, and who was asked."""

    number = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    reason = Words(rows=4, max_length=4000, help_text="It is recorded, and every party reads it.",
                   error_messages={"required": "Give the reason; it is recorded."})  # fmt: skip
    consulted = forms.CharField(
        label="Who was consulted", max_length=300, required=False, validators=[no_control_characters]
    )

    def arrange(self) -> None:
        """The renewal that comes next, so that sending the form twice renews once."""
        self.fields["number"].initial = renewing.next_number(self.agreement)
