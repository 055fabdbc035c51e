"""One measure of an agreement: its values against the target, as a picture and as a table, and recording another."""

from __future__ import annotations

import csv
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from agreements import policy
from agreements.charting import HEIGHT, WIDTH, chart, target_of
from agreements.forms.checking import EndForm
from agreements.forms.duties import ObservationForm
from agreements.models import Measure, Observation
from agreements.operations import measuring
from agreements.views.asking import DONE, Asked, attempt, made_already, of_one_agreement, remember
from agreements.views.frame import framed
from audit.exports import cell

HEADINGS = (
    "measure",
    "on",
    "value",
    "unit",
    "target",
    "reached",
    "source",
    "note",
    "recorded by",
    "agency",
    "taken back",
)
REACHED = {True: "Reached", False: "Not reached", None: "To be judged"}


@of_one_agreement("GET", "HEAD", "POST")
def one(asked: Asked, row: UUID) -> HttpResponse:
    """The measure; sending its form records a value."""
    measure = _measure(asked, row)
    form = ObservationForm(asked.data(), initial={"on": asked.today, "source": measure.source})
    status = DONE
    if asked.posted:
        policy.require(asked.user, "duty", asked.agreement, today=asked.today)
        if not made_already(asked.request, asked.request.POST.get("once")):
            status = attempt(form, lambda: _observe(asked, measure, form))
        if status == DONE:
            messages.success(asked.request, "The value is recorded.")
            return redirect("agreement-measure", pk=asked.agreement.pk, row=measure.pk)
    lines = lines_of(measure)
    standing = [(line["row"].on, line["row"].value) for line in lines if line["row"].withdrawn_at is None]
    actions = policy.actions_on(asked.user, asked.agreement, today=asked.today)
    context = framed(asked).context("duties") | {
        "measure": measure,
        "lines": lines,
        "target": target_of(measure.target),
        "chart": chart(standing, target_of(measure.target)),
        "box": {"width": WIDTH, "height": HEIGHT},
        "form": form if "duty" in actions and asked.agreement.effective_on else None,
        "may": "duty" in actions,
    }
    return render(asked.request, "agreements/record/measure.html", context, status=status)


def lines_of(measure: Measure) -> list[dict[str, Any]]:
    """Every value, the newest day first, and whether it reaches the target; those taken back as well."""
    target = target_of(measure.target)
    rows = measure.observations.select_related("agency", "by").order_by("-on", "-made_at")
    return [{"row": row, "reached": REACHED[target.reached(row.value) if target else None]} for row in rows]


def _observe(asked: Asked, measure: Measure, form: ObservationForm) -> None:
    measuring.observe(measure, values=form.cleaned_data, actor=asked.user, now=asked.now)
    remember(asked.request, form.cleaned_data["once"], asked.url)


@of_one_agreement()
def table(asked: Asked, row: UUID) -> HttpResponse:
    """Every value, as a table for a spreadsheet."""
    measure = _measure(asked, row)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{asked.agreement.reference}-measure.csv"'
    writer = csv.writer(answer, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADINGS)
    for line in lines_of(measure):
        found = line["row"]
        back = "yes" if found.withdrawn_at else "no"
        values = (measure.name, found.on, found.figure, measure.unit, measure.target, line["reached"],
                  found.source, found.note, found.by.name, found.agency.name, back)  # fmt: skip
        writer.writerow([cell(value) for value in values])
    return answer


@of_one_agreement("GET", "HEAD", "POST")
def take_back(asked: Asked, row: UUID) -> HttpResponse:
    """Say that a value was recorded by mistake."""
    policy.require(asked.user, "duty", asked.agreement, today=asked.today)
    found = get_object_or_404(
        Observation.objects.select_related("agreement", "measure"), agreement=asked.agreement, pk=row
    )
    form = EndForm(asked.data())
    status = DONE
    if asked.posted:
        status = attempt(form, lambda: _taken_back(asked, found, form))
        if status == DONE:
            messages.success(asked.request, "Taken back; the record of it stays.")
            return redirect("agreement-measure", pk=asked.agreement.pk, row=found.measure_id)
    context = {"agreement": asked.agreement, "form": form, "act": f"Take back the value {found}",
               "back": f"{asked.url}measures/{found.measure_id}/", "back_to": found.measure.name}  # fmt: skip
    return render(asked.request, "agreements/record/end.html", context, status=status)


def _taken_back(asked: Asked, found: Observation, form: EndForm) -> None:
    measuring.take_back(found, reason=form.cleaned_data["reason"], actor=asked.user, now=asked.now)


def _measure(asked: Asked, row: UUID) -> Measure:
    return get_object_or_404(
        Measure.objects.select_related("agreement", "owner"), agreement=asked.agreement, pk=row
    )
