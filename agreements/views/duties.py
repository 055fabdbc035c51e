"""What the parties of one agreement owe: the list, one duty with what was handed in for it, and the acts about it."""

from __future__ import annotations

import csv
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from agreements import catalog, duties, owed, policy, reckoning
from agreements.forms.duties import AcceptForm, HandInForm, OwnerForm, ReturnForm
from agreements.lifecycle import StepNotOpen
from agreements.models import UNDONE, Agreement, Duty, DutyKind, DutyState, Evidence, Measure
from agreements.operations import handing
from agreements.pdf import DocumentMissing
from agreements.views.asking import DONE, Asked, attempt, made_already, of_one_agreement, remember
from agreements.views.frame import framed
from audit.exports import cell
from common.http import attached

HEADINGS = ("what", "kind", "party", "due", "rule", "owner", "state", "overdue")
TONES = {
    DutyState.OPEN: "waiting",
    DutyState.HANDED_IN: "waiting",
    DutyState.RETURNED: "attention",
    DutyState.ACCEPTED: "good",
    DutyState.DROPPED: "closed",
}


@of_one_agreement()
def listed(asked: Asked) -> HttpResponse:
    """What is due, what waits for an answer, what comes, how the measures stand, and what the end asks for."""
    rows = [_shown(row, asked) for row in rows_of(asked.agreement)]
    texts = owed.texts_of(asked.agreement)
    names = {str(party.pk): party.agency.name for party in asked.agreement.parties.all()}
    closing = [item for item in rows if item["row"].kind in {DutyKind.CLOSEOUT, DutyKind.ACCESS}]
    context = framed(asked).context("duties") | {
        "open": [item for item in rows if item["row"].state in {*UNDONE, DutyState.HANDED_IN} and item not in closing],
        "closing": closing,
        "past": [item for item in rows if item["row"].state in {DutyState.ACCEPTED, DutyState.DROPPED} and item not in closing],
        "coming": [(one, names.get(one.party, "")) for one in owed.coming(asked.agreement, today=asked.today)],
        "undated": [(row, names.get(row["party"], "")) for row in duties.undated(texts[-1][1])] if texts else [],
        "measures": _measures(asked.agreement) if texts else [],
        "reckoned": reckoning.of(asked.agreement, today=asked.today),
        "survival": texts[-1][1]["term"].get("survival") if texts else "",
        "papers": [kind for kind in catalog.load().filings.values() if kind.renews],
        "may_file": "file" in policy.actions_on(asked.user, asked.agreement, today=asked.today),
    }  # fmt: skip
    return render(asked.request, "agreements/record/duties.html", context)


def rows_of(agreement: Agreement) -> Any:
    """Everything asked for so far, by its day."""
    rows = agreement.duties.select_related("party__agency", "owner", "agreement")
    return rows.order_by("due_on", "what", "id")


def _shown(row: Duty, asked: Asked) -> dict[str, Any]:
    late = row.overdue(asked.today)
    word = "Overdue" if late else row.get_state_display()
    return {"row": row, "word": word, "tone": "urgent" if late else TONES[DutyState(row.state)]}


def _measures(agreement: Agreement) -> list[dict[str, Any]]:
    """The measures of the text with the newest value of each; two queries."""
    rows = Measure.objects.filter(agreement=agreement, removed=False).select_related("owner")
    rows = rows.prefetch_related("observations").order_by("position_in_order", "id")
    return [{"row": row, "last": max(_standing(row), key=lambda one: one.on, default=None)} for row in rows]


def _standing(row: Measure) -> list[Any]:
    return [one for one in row.observations.all() if one.withdrawn_at is None]


@of_one_agreement()
def table(asked: Asked) -> HttpResponse:
    """Everything asked for, as a table for a spreadsheet."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{asked.agreement.reference}-duties.csv"'
    writer = csv.writer(answer, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADINGS)
    for row in rows_of(asked.agreement):
        late = "yes" if row.overdue(asked.today) else "no"
        values = (row.what, row.get_kind_display(), row.party.legal_name, row.due_on, row.rule,
                  row.owner.name if row.owner else "", row.get_state_display(), late)  # fmt: skip
        writer.writerow([cell(value) for value in values])
    return answer


@of_one_agreement("GET", "HEAD", "POST")
def one(asked: Asked, row: UUID) -> HttpResponse:
    """One duty with everything handed in for it; sending its form hands something in."""
    duty = _duty(asked, row)
    if not asked.posted:
        return _page(asked, duty)
    form = HandInForm(asked.data(), asked.request.FILES or None, duty=duty)
    policy.require(asked.user, "duty", asked.agreement, today=asked.today)
    if made_already(asked.request, asked.request.POST.get("once")):
        return redirect(duty)
    status = attempt(form, lambda: _hand_in(asked, duty, form))
    if status != DONE:
        return _page(asked, duty, status, handing_in=form)
    messages.success(asked.request, "Handed in. It waits in the other side's in-tray for an answer.")
    return redirect(duty)


def _hand_in(asked: Asked, duty: Duty, form: HandInForm) -> None:
    given = form.cleaned_data["file"]
    handing.hand_in(
        duty, values=form.cleaned_data, file=given.read() if given else b"", actor=asked.user, now=asked.now
    )
    remember(asked.request, form.cleaned_data["once"], asked.url)


SAID = {
    "accept": "Accepted.",
    "return": "Returned with your reason. It is open again.",
    "owner": "Recorded who sees to it.",
}


@of_one_agreement("GET", "HEAD", "POST")
def act(asked: Asked, row: UUID, act: str) -> HttpResponse:
    """Accept or return what was handed in, or say who sees to it."""
    duty = _duty(asked, row)
    if act not in SAID:
        raise Http404("There is no such act.")
    policy.require(asked.user, "hand_on" if act == "owner" else "duty", asked.agreement, today=asked.today)
    if not asked.posted:
        return redirect(duty)
    form = _form(asked, duty, act)
    status = attempt(form, lambda: _acted(asked, duty, act, form))
    if status != DONE:
        return _page(asked, duty, status, **{act: form})
    messages.success(asked.request, SAID[act])
    return redirect(duty)


def _form(asked: Asked, duty: Duty, act: str) -> forms.Form:
    if act == "owner":
        initial = {"owner": str(duty.owner_id or "")}
        return OwnerForm(asked.data(), people=handing.people(duty, today=asked.today), initial=initial)
    return AcceptForm(asked.data()) if act == "accept" else ReturnForm(asked.data())


def _acted(asked: Asked, duty: Duty, act: str, form: forms.Form) -> None:
    said = form.cleaned_data
    if act == "owner":
        owner = UUID(said["owner"]) if said["owner"] else None
        handing.assign(duty, owner=owner, reason=said["reason"], actor=asked.user, now=asked.now)
    elif act == "accept":
        handing.accept(duty, answer=said["answer"], actor=asked.user, now=asked.now)
    else:
        handing.send_back(duty, reason=said["reason"], actor=asked.user, now=asked.now)


def _page(asked: Asked, duty: Duty, status: int = DONE, **given: Any) -> HttpResponse:
    """The duty with the forms this person may use now; a refused one as it was sent."""
    actions = policy.actions_on(asked.user, asked.agreement, today=asked.today)
    held = policy.agencies_of(asked.user, today=asked.today)
    ours, undone = duty.party.agency_id in held, duty.state in UNDONE
    left = duty.party.left_on is not None and duty.party.left_on < asked.today
    answers = (
        duty.state == DutyState.HANDED_IN and "duty" in actions and bool(held & set(owed.answering(duty)))
    )
    closing = duty.kind in {DutyKind.CLOSEOUT, DutyKind.ACCESS}
    open_ = {
        "handing_in": ours
        and undone
        and "duty" in actions
        and duty.kind != DutyKind.MEASURE
        and (closing or not left),
        "accept": answers,
        "return": answers,
        "owner": ours and "hand_on" in actions and duty.state not in {DutyState.ACCEPTED, DutyState.DROPPED},
    }
    made = {
        name: given.get(name) or _blank(asked, duty, name)
        for name, is_open in open_.items()
        if is_open or name in given
    }
    names = {party.agency_id: party.agency.name for party in duty.agreement.parties.select_related("agency")}
    rows = duty.evidence.select_related("agency", "by", "answered_by", "answered_for").order_by(
        "-made_at", "-pk"
    )
    context = framed(asked).context("duties") | {
        "duty": duty,
        "shown": _shown(duty, asked),
        "forms": {name.replace("return", "send_back"): form for name, form in made.items()},
        "evidence": list(rows),
        "answering": [names[key] for key in owed.answering(duty) if key in names],
        "handing_words": "Sign the certificate" if duty.kind == DutyKind.CLOSEOUT else "Hand it in",
        "may_download": "download" in actions,
    }  # fmt: skip
    return render(asked.request, "agreements/record/duty.html", context, status=status)


def _blank(asked: Asked, duty: Duty, name: str) -> forms.Form:
    if name == "handing_in":
        return HandInForm(duty=duty, initial={"on": asked.today})
    if name == "owner":
        people = handing.people(duty, today=asked.today)
        return OwnerForm(people=people, initial={"owner": str(duty.owner_id or "")})
    return AcceptForm() if name == "accept" else ReturnForm()


@of_one_agreement("GET")
def evidence(asked: Asked, row: UUID) -> HttpResponse:
    """The file that was handed in; taking it is recorded."""
    policy.require(asked.user, "download", asked.agreement, today=asked.today)
    rows = Evidence.objects.select_related("agreement", "duty__party")
    found = get_object_or_404(rows, agreement=asked.agreement, pk=row)
    try:
        content = handing.take(found, root=settings.DOCUMENTS, actor=asked.user, now=asked.now)
    except (StepNotOpen, DocumentMissing) as refused:
        messages.error(asked.request, str(refused))
        return redirect(found.duty)
    return attached(content, f"{asked.agreement.reference}-{found.duty.kind}-{found.on.isoformat()}.pdf")


def _duty(asked: Asked, row: UUID) -> Duty:
    rows = Duty.objects.select_related("party__agency", "owner", "agreement")
    return get_object_or_404(rows.prefetch_related("agreement__parties"), agreement=asked.agreement, pk=row)
