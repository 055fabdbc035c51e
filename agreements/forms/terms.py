"""The form of the term, and the table of every row's form."""

from typing import ClassVar

from django import forms

from agreements.forms.drafting import AgreementForm, CommitmentForm, MeasureForm, PartyForm, ProvisionForm
from agreements.forms.flows import DatasetForm, FlowForm
from agreements.forms.rows import RowForm
from agreements.forms.shared import DAY
from agreements.models import (
    Agreement,
    Commitment,
    Dataset,
    Flow,
    Measure,
    Ordered,
    Party,
    Provision,
    Renewal,
    Term,
    TermKind,
)


class TermForm(RowForm):
    """When it begins, how long it lasts and how it goes on."""

    grouping = (
        ("When it begins", ("effective_rule", "effective_on", "conditions_precedent")),
        ("How long it lasts", ("kind", "months", "last_day", "first_fiscal_year", "fiscal_years", "fiscal_year_start")),
        ("After the last day", ("renewal", "renewal_months", "renewal_max", "absolute_end", "notice_base")),
        ("Review and incidents", ("review_months", "incident_hours")),
        ("Breach, suspension and fewer parties", ("cure_days", "suspension_max_days", "suspension_stops_clock",
                                                  "min_parties", "business_days")),
        ("At the end", ("closeout", "closeout_days", "survival", "survival_months")),
    )  # fmt: skip

    class Meta:
        model = Term
        fields: ClassVar[list[str]] = [
            "effective_rule", "effective_on", "conditions_precedent", "kind", "months", "last_day", "first_fiscal_year",
            "fiscal_years", "fiscal_year_start", "renewal", "renewal_months", "renewal_max", "absolute_end", "notice_base",
            "business_days", "review_months", "cure_days", "suspension_max_days", "suspension_stops_clock", "min_parties",
            "incident_hours", "closeout", "closeout_days", "survival", "survival_months",
        ]  # fmt: skip
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "effective_on": DAY,
            "last_day": DAY,
            "absolute_end": DAY,
            "effective_rule": forms.RadioSelect(),
            "kind": forms.RadioSelect(),
        }
        labels: ClassVar[dict[str, str]] = {
            "effective_rule": "It begins",
            "effective_on": "First day in force",
            "kind": "It lasts",
            "months": "Number of months",
            "last_day": "Last day in force",
            "renewal": "After the last day",
            "renewal_months": "Each renewal (months)",
            "renewal_max": "Renewals at most",
            "review_months": "The parties review it every (months)",
            "cure_days": "A breach is cured within (days)",
            "suspension_max_days": "A suspension lasts at most (days)",
            "incident_hours": "Incidents are told within (hours)",
            "closeout": "Data at the end",
            "closeout_days": "Within (days)",
            "survival": "What survives the end",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "effective_on": "Only if it begins on a stated date.",
            "conditions_precedent": "Only if it begins when conditions are met.",
            "months": "Only if it lasts a number of months.",
            "last_day": "Only if it lasts until a stated day. That day still counts.",
            "first_fiscal_year": "Only if it lasts for fiscal years; the year in which it ends, as it is usually named.",
            "fiscal_year_start": "1 for January, 7 for July, 10 for October.",
            "renewal_max": "Leave empty for no limit. An automatic renewal should have one.",
            "absolute_end": "Only if no renewal may go beyond a day.",
            "review_months": "At most 36 where criminal justice information is shared.",
            "incident_hours": "To one’s own security officer, from discovery. At most 1 for criminal justice information.",
            "min_parties": "With fewer parties than this it ends.",
            "survival": "Duties that go on after the end, for example confidentiality and audit.",
            "survival_months": "Leave empty if they go on as long as data is held.",
        }

    def arrange(self) -> None:
        """Open are the questions that the term's own answers raise."""
        term = self.instance
        self.essential = ("effective_rule", "kind", "renewal")
        if term.renewal == Renewal.NONE and term.kind == TermKind.EVERGREEN:
            self.essential = ("effective_rule", "kind")


FORMS: dict[type[Ordered] | type[Agreement] | type[Party] | type[Term], type[RowForm]] = {
    Agreement: AgreementForm,
    Party: PartyForm,
    Provision: ProvisionForm,
    Dataset: DatasetForm,
    Flow: FlowForm,
    Commitment: CommitmentForm,
    Measure: MeasureForm,
    Term: TermForm,
}
"""The form of each row a drafter edits."""
