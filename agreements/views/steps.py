"""One page for each step of an agreement's life: what it does, to whom, and what it asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from agreements import lifecycle, policy, relations
from agreements.forms import acts
from agreements.forms import steps as forms
from agreements.operations import (
    amending,
    approving,
    ending,
    flowing,
    freezing,
    importing,
    leaving,
    negotiating,
    noticing,
    relating,
    renewing,
    requesting,
    reviewing,
    signing,
)
from agreements.redline import compare
from agreements.texts import newest
from agreements.views.asking import CONFLICT, DONE, Asked, attempt, of_one_agreement
from agreements.views.frame import OWN_PAGE, Frame, framed, words_of

Values = Mapping[str, Any]


@dataclass(frozen=True)
class StepPage:
    """How a step is asked for on its page: the form, the operation, and the words once it is done."""

    form: type[forms.StepForm]
    act: Callable[..., object]
    done: str
    danger: bool = False
    reads: bool = False
    leads: bool = False
    """Whether it makes an agreement of its own, whose draft comes next."""


BEGUN = "The draft is begun. Nobody else sees it until you share it."
PAGES: dict[str, StepPage] = {
    "share": StepPage(
        forms.HandOverForm, negotiating.share, "The draft is shared. The other parties can read it now."
    ),
    "return": StepPage(forms.HandOverForm, negotiating.return_text, "The text is handed over."),
    "submit": StepPage(forms.NoteForm, approving.submit, "Every party's counsel is asked for approval."),
    "approve": StepPage(
        forms.ApproveForm, approving.approve, "Your agency's approval is recorded.", reads=True
    ),
    "refuse": StepPage(
        forms.ReasonForm, approving.refuse, "The refusal is recorded; it is your agency's turn.", True
    ),
    "reopen": StepPage(
        forms.ReasonForm, approving.reopen, "The text is open again; it is your agency's turn.", True
    ),
    "freeze": StepPage(
        forms.FreezeForm, freezing.freeze, "The text is frozen. The signatories are asked to sign."
    ),
    "delegate": StepPage(forms.ReasonForm, requesting.delegate, "Handed over. Both sides are told."),
    "extend": StepPage(forms.ExtendForm, requesting.extend, "The day to sign by is changed."),
    "decline": StepPage(forms.ReasonForm, signing.decline, "Declined. The agreement ends here.", True),
    "recall": StepPage(forms.ReasonForm, signing.recall, "Recalled. It is your agency's turn.", True),
    "suspend": StepPage(forms.SuspendForm, ending.suspend, "The suspension is recorded.", True),
    "resume": StepPage(forms.ReasonForm, ending.resume, "The suspension is over."),
    "flow": StepPage(forms.FlowForm, flowing.mark, "Recorded whether this data moves."),
    "review": StepPage(forms.ReviewForm, reviewing.decide, "The decision is recorded."),
    "renew": StepPage(acts.RenewForm, renewing.renew, "Your agency’s renewal is recorded."),
    "terminate": StepPage(
        forms.TerminateForm, ending.terminate, "The end of the agreement is recorded.", True
    ),
    "amend": StepPage(acts.AmendForm, amending.amend, BEGUN, leads=True),
    "join": StepPage(acts.JoinForm, amending.join, BEGUN, leads=True),
    "relate": StepPage(acts.RelateForm, relating.relate, "The links to other agreements are recorded."),
    "withdraw": StepPage(acts.WithdrawForm, leaving.withdraw, "Your agency’s notice is recorded.", True),
    "acknowledge": StepPage(forms.StepForm, noticing.acknowledge, "The notice is acknowledged."),
    "breach": StepPage(
        acts.BreachForm, leaving.breach, "Notice of the breach is given; the time to cure it runs.", True
    ),
    "cure": StepPage(acts.CureForm, leaving.cure, "The breach is recorded as cured."),
    "unimport": StepPage(forms.ReasonForm, importing.unimport, "The import is withdrawn.", True),
    "abandon": StepPage(forms.ReasonForm, ending.abandon, "The agreement is given up.", True),
}


@of_one_agreement("GET", "HEAD", "POST")
def step(asked: Asked, name: str) -> HttpResponse:
    """The page of a step; taking it leads back to the agreement."""
    if name in OWN_PAGE:
        return redirect(f"{asked.url}{OWN_PAGE[name]}")
    if name not in PAGES:
        raise Http404("There is no such step.")
    policy.require(asked.user, lifecycle.STEPS[name].permission, asked.agreement, today=asked.today)
    form = _form(asked, name)
    made: list[Any] = []
    status = _taken(asked, name, form, made) if asked.posted else DONE
    if asked.posted and status == DONE:
        messages.success(asked.request, PAGES[name].done)
        return redirect(f"{made[0].get_absolute_url()}draft/" if PAGES[name].leads else asked.url)
    return _page(asked, name, form, status)


def _form(asked: Asked, name: str) -> forms.StepForm:
    version = newest(asked.agreement)
    return PAGES[name].form(
        asked.data(),
        agreement=asked.agreement,
        today=asked.today,
        seen_hash=version.sha256 if version else "",
        others=relations.may_rest_on(asked.agreement, asked.user, today=asked.today),
    )


def _closed(asked: Asked, name: str) -> str:
    agencies: set[object] = {*policy.agencies_of(asked.user, today=asked.today)}
    return lifecycle.closed_because(lifecycle.STEPS[name], asked.agreement, agencies, today=asked.today)


def _taken(asked: Asked, name: str, form: forms.StepForm, made: list[Any]) -> int:
    """Take the step, adding to `made` what came of it; a step that is closed is said to be so before the form's own errors."""
    closed = _closed(asked, name)
    if closed:
        form.add_error(None, closed)
        return CONFLICT
    return attempt(form, lambda: made.append(_take(asked, name, form)))


def _take(asked: Asked, name: str, form: forms.StepForm) -> object:
    return PAGES[name].act(asked.agreement, **form.cleaned_data, actor=asked.user, now=asked.now)


def _page(asked: Asked, name: str, form: forms.StepForm, status: int) -> HttpResponse:
    frame, row = framed(asked), lifecycle.STEPS[name]
    closed = "" if form.errors else _closed(asked, name)
    context = frame.context("") | {
        "step": row,
        "form": form,
        "closed": closed,
        "page": PAGES[name],
        "button": words_of(row, asked.agreement),
        "text_version": newest(asked.agreement),
        "needed": frame.checks.needed if name in {"share", "return", "submit", "freeze"} else (),
        "changes": _since_approved(frame) if PAGES[name].reads else None,
    }
    return render(
        asked.request, "agreements/record/step.html", context, status=CONFLICT if closed else status
    )


def _since_approved(frame: Frame) -> Any:
    """What changed since the person's agency last approved; None if it never did."""
    asked, version = frame.asked, frame.reading.version
    agency = policy.acting_agency(asked.user, "approve", asked.agreement, today=asked.today)
    rows = asked.agreement.approvals.filter(party__agency=agency, decision="approved").select_related(
        "version"
    )
    before = rows.order_by("-made_at").first()
    return compare(before.version.content, version.content) if before and version else None
