"""The checks of one agreement: what is missing, putting it right, waiving it for a time, and what is on file."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from agreements import catalog, policy
from agreements.forms.checking import EndForm, FilingForm, WaiverForm
from agreements.guide import of_text
from agreements.lifecycle import StepNotOpen
from agreements.models import Filing, Waiver
from agreements.operations import inserting, waiving
from agreements.operations.waiving import open_finding
from agreements.pdf import DocumentMissing
from agreements.views.asking import DONE, Asked, attempt, made_already, of_one_agreement, remember
from agreements.views.frame import framed
from agreements.views.inhand import in_hand
from common.http import attached


@of_one_agreement()
def checks(asked: Asked) -> HttpResponse:
    """What is asked of the agreement, what is missing, where to mend it, what counsel waived and what is on file."""
    frame = framed(asked)
    actions = policy.actions_on(asked.user, asked.agreement, today=asked.today)
    context = frame.context("checks") | {
        "may_edit": any(step.name == "edit" for step in frame.steps),
        "may_waive": "waive" in actions,
        "may_file": "file" in actions,
        "waivers": _waivers(asked),
        "filings": _filings(asked),
        "kinds": catalog.load().filings.values(),
    }
    return render(asked.request, "agreements/record/checks.html", context)


def _waivers(asked: Asked) -> list[dict[str, Any]]:
    rows = asked.agreement.waivers.select_related("agency", "by").order_by("-made_at", "id")
    return [{"row": row, "holds": row.withdrawn_at is None and row.until >= asked.today} for row in rows]


def _filings(asked: Asked) -> list[dict[str, Any]]:
    known = catalog.load().filings
    rows = asked.agreement.filings.select_related("agency", "by", "party__agency").order_by("-made_at", "id")
    return [{"row": row, "kind": known[row.kind]} for row in rows]


@of_one_agreement("POST")
@in_hand
def insert(asked: Asked, key: str) -> HttpResponse:
    """Put a clause of the library into the text, and show it there."""
    if key not in catalog.load().clauses:
        raise Http404("There is no such clause in the library.")
    form = EndForm({"reason": "inserted"})
    status = attempt(
        form, lambda: remember(asked.request, f"clause-{asked.agreement.pk}-{key}", _inserted(asked, key))
    )
    if status != DONE:
        messages.info(asked.request, " ".join(str(said) for said in form.non_field_errors()))
        return redirect("agreement-checks", pk=asked.agreement.pk)
    messages.success(asked.request, "The clause is in the text. Read it and fit it to your case.")
    return redirect(str(made_already(asked.request, f"clause-{asked.agreement.pk}-{key}")))


def _inserted(asked: Asked, key: str) -> str:
    row = inserting.insert_clause(asked.agreement, key=key, actor=asked.user, now=asked.now)
    return f"{asked.url}draft/{of_text(row.part).slug}/?changed={row.pk}#provision-{row.pk}"


@of_one_agreement("GET", "HEAD", "POST")
def waive(asked: Asked, rule: str) -> HttpResponse:
    """Set one requirement aside for a time, with the reason."""
    policy.require(asked.user, "waive", asked.agreement, today=asked.today)
    subject = asked.request.GET.get("subject", "")
    found = open_finding(asked.agreement, rule=rule, subject=subject, actor=asked.user, today=asked.today)
    if found is None:
        messages.info(asked.request, "There is nothing to waive: this check is in order, or does not apply.")
        return redirect("agreement-checks", pk=asked.agreement.pk)
    form = WaiverForm(asked.data())
    status = attempt(form, lambda: _waive(asked, form, rule, subject)) if asked.posted else DONE
    if asked.posted and status == DONE:
        messages.success(asked.request, "The waiver is recorded. Every party reads it.")
        return redirect("agreement-checks", pk=asked.agreement.pk)
    context = {"agreement": asked.agreement, "form": form, "finding": found}
    return render(asked.request, "agreements/record/waive.html", context, status=status)


def _waive(asked: Asked, form: WaiverForm, rule: str, subject: str) -> None:
    said = form.cleaned_data
    waiving.waive(asked.agreement, rule=rule, subject=subject, reason=said["reason"], until=said["until"],
                  actor=asked.user, now=asked.now)  # fmt: skip


@of_one_agreement("GET", "HEAD", "POST")
def end_waiver(asked: Asked, row: UUID) -> HttpResponse:
    """Let a waived requirement count again."""
    policy.require(asked.user, "waive", asked.agreement, today=asked.today)
    found = get_object_or_404(Waiver.objects.filter(agreement=asked.agreement), pk=row)
    form = EndForm(asked.data())

    def act() -> object:
        return waiving.end_waiver(found, reason=form.cleaned_data["reason"], actor=asked.user, now=asked.now)

    return _ended(asked, form, act, f"End the waiver of {found.rule}", "The requirement counts again.")


@of_one_agreement("GET", "HEAD", "POST")
def file(asked: Asked, kind: str) -> HttpResponse:
    """Record a paper that is kept on file beside the text."""
    policy.require(asked.user, "file", asked.agreement, today=asked.today)
    known = catalog.load().filings.get(kind)
    if known is None:
        raise Http404("There is no such kind of paper.")
    if asked.posted and made_already(asked.request, asked.request.POST.get("once")):
        return redirect("agreement-checks", pk=asked.agreement.pk)
    initial = {"party": asked.request.GET.get("party", "")}
    form = FilingForm(
        asked.data(), asked.request.FILES or None, agreement=asked.agreement, kind=known, initial=initial
    )
    status = attempt(form, lambda: _file(asked, form, kind)) if asked.posted else DONE
    if asked.posted and status == DONE:
        messages.success(asked.request, f"{known.name} is recorded.")
        return redirect("agreement-checks", pk=asked.agreement.pk)
    context = {"agreement": asked.agreement, "form": form, "kind": known}
    return render(asked.request, "agreements/record/filing.html", context, status=status)


def _file(asked: Asked, form: FilingForm, kind: str) -> None:
    values = {name: value for name, value in form.cleaned_data.items() if name not in {"once", "file"}}
    given = form.cleaned_data["file"]
    waiving.record_filing(asked.agreement, kind=kind, values=values, file=given.read() if given else b"",
                          actor=asked.user, now=asked.now)  # fmt: skip
    remember(asked.request, form.cleaned_data["once"], asked.url)


@of_one_agreement("GET")
def filed(asked: Asked, row: UUID) -> HttpResponse:
    """The paper itself; taking it is recorded."""
    policy.require(asked.user, "download", asked.agreement, today=asked.today)
    found = get_object_or_404(
        Filing.objects.select_related("agreement", "party__agency"), agreement=asked.agreement, pk=row
    )
    try:
        content = waiving.take_filing(found, root=settings.DOCUMENTS, actor=asked.user, now=asked.now)
    except (StepNotOpen, DocumentMissing) as refused:
        messages.error(asked.request, str(refused))
        return redirect("agreement-checks", pk=asked.agreement.pk)
    return attached(content, f"{asked.agreement.reference}-{found.kind}.pdf")


@of_one_agreement("GET", "HEAD", "POST")
def withdraw_filing(asked: Asked, row: UUID) -> HttpResponse:
    """Say that a paper on file no longer counts."""
    policy.require(asked.user, "file", asked.agreement, today=asked.today)
    found = get_object_or_404(Filing.objects.filter(agreement=asked.agreement), pk=row)
    form = EndForm(asked.data())

    def act() -> object:
        reason = form.cleaned_data["reason"]
        return waiving.withdraw_filing(found, reason=reason, actor=asked.user, now=asked.now)

    return _ended(asked, form, act, f"Withdraw “{found}”", "It no longer counts; the record of it stays.")


def _ended(asked: Asked, form: EndForm, act: Any, title: str, done: str) -> HttpResponse:
    status = attempt(form, act) if asked.posted else DONE
    if asked.posted and status == DONE:
        messages.success(asked.request, done)
        return redirect("agreement-checks", pk=asked.agreement.pk)
    context = {"agreement": asked.agreement, "form": form, "act": title}
    return render(asked.request, "agreements/record/end.html", context, status=status)
