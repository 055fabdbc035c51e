"""The quarterly review of access, and what is worth a look."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from agencies import quarters
from agencies.models import AccessReview, Agency
from agencies.policy import may, require
from agencies.views.finding import managed, person, today
from agreements.access import reviews as waiting_reviews
from agreements.access import rules
from agreements.access.reviews import Row
from agreements.forms.shared import Words, report
from agreements.operations.looking import NOTE, looked_at
from agreements.operations.reviewing_access import END, KEEP, sign_off

DECIDE = {KEEP: "Keep", END: "End"}


class SignOffForm(forms.Form):
    """Keep or end for every right, and the statement."""

    statement = Words(
        rows=3, max_length=1000, label="Your statement", help_text="It is recorded with your name."
    )

    def __init__(self, data: Any, *, rows: list[Row]) -> None:
        initial = {
            "statement": "I have looked at every account and right of this list and decided about each."
        }
        super().__init__(data, initial=initial)
        self.rows = rows
        for row in rows:
            choices = [(KEEP, "Keep")] if row.fixed else list(DECIDE.items())
            self.fields[row.key] = forms.ChoiceField(
                choices=choices,
                widget=forms.RadioSelect,
                label=f"{row.person.name}: {row.right}",
                initial=KEEP if row.fixed else None,
            )

    @property
    def lines(self) -> list[tuple[Row, forms.BoundField]]:
        """Each row with its choice."""
        return [(row, self[row.key]) for row in self.rows]

    def decisions(self) -> dict[str, str]:
        """What was decided of each row that was sent, known or not."""
        return {name: str(value) for name, value in self.data.items() if ":" in name}


class LookedForm(forms.Form):
    """A note about a finding."""

    key = forms.CharField(max_length=200, widget=forms.HiddenInput)
    note = forms.CharField(max_length=NOTE, label="What you found")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reviews(request: HttpRequest, slug: str) -> HttpResponse:
    """The review of this quarter, to be signed off, and the earlier ones."""
    agency = managed(request, slug, "read_access")
    user, on = person(request), today()
    if request.method == "POST":
        require(user, "review_access", agency, today=on)
    listed = waiting_reviews.rows(agency, today=on)
    form = SignOffForm(request.POST if request.method == "POST" else None, rows=listed)
    if request.method == "POST" and _signed_off(request, agency, form):
        messages.success(request, "Signed off. What you ended has ended; the review is recorded.")
        return redirect("agency-reviews", slug=agency.slug)
    quarter = quarters.quarter_of(on)
    done = list(AccessReview.objects.filter(agency=agency).select_related("signed_by").order_by("-quarter"))
    context = {
        "agency": agency,
        "form": form,
        "rows": listed,
        "quarter": quarters.named(quarter),
        "due_on": quarters.due_on(quarter),
        "waiting": next(iter(waiting_reviews.waiting([agency.pk], today=on)), None),
        "signed": next((row for row in done if row.quarter == quarter), None),
        "done": [(quarters.named(row.quarter), row) for row in done],
        "may_sign": may(user, "review_access", agency, today=on),
    }
    return render(request, "agencies/access/reviews.html", context, status=422 if form.is_bound else 200)


def _signed_off(request: HttpRequest, agency: Agency, form: SignOffForm) -> bool:
    if not form.is_valid():
        return False
    try:
        sign_off(
            agency, quarter=quarters.quarter_of(today()), decisions=form.decisions(),
            statement=form.cleaned_data["statement"], actor=person(request), now=timezone.now(),
        )  # fmt: skip
    except ValidationError as refused:
        report(form, refused)
        return False
    return True


@login_required
@require_safe
def review(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """One review as it was signed off."""
    agency = managed(request, slug, "read_access")
    row = get_object_or_404(AccessReview.objects.select_related("signed_by"), agency=agency, pk=pk)
    context = {"agency": agency, "review": row, "quarter": quarters.named(row.quarter)}
    return render(request, "agencies/access/review.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def worth_a_look(request: HttpRequest) -> HttpResponse:
    """The list of what is worth a look in what one covers; marking something as looked at."""
    user, now = person(request), timezone.now()
    if not rules.seats(user, today=today()):
        raise PermissionDenied("You can't see this: it takes the role auditor or administrator of an agency.")
    form = LookedForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        if looked_at(**form.cleaned_data, actor=user, now=now) is None:
            raise Http404("There is no such line in your list.")
        messages.success(request, "Marked as looked at. Your note is recorded.")
        return redirect("audit-worth-a-look")
    if form is not None:
        messages.error(
            request, "Say in a few words what you found, then mark it again. Nothing was recorded."
        )
    shown = rules.shown(user, today=today(), now=now)
    context = {
        "shown": [{"rule": one.rule, "open": one.open, "lines": _lines(one)} for one in shown],
        "days": rules.DAYS,
        "open": sum(one.open for one in shown),
    }
    return render(request, "audit/worth_a_look.html", context, status=422 if form is not None else 200)


def _lines(one: rules.Shown) -> list[tuple[rules.Finding, rules.Seen | None, dict[str, Any]]]:
    """Each finding, who has looked at it, and the form for whoever does now."""
    return [
        (finding, seen, _look(one.rule, finding, place)) for place, (finding, seen) in enumerate(one.lines)
    ]


def _look(rule: rules.Rule, finding: rules.Finding, place: int) -> dict[str, Any]:
    form = LookedForm(initial={"key": finding.key}, auto_id=f"{rule.key}_{place}_%s")
    return {"form": form, "title": f"Mark as looked at: {finding.about}"}
