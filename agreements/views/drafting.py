"""Guided drafting: the questions of each part on the left, the document as it stands on the right."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from agreements import lifecycle
from agreements.document import provision_of, structure
from agreements.forms import drafting as forms
from agreements.forms.beginning import PartnerForm
from agreements.guide import PARTS, Part
from agreements.models import Agreement, Dataset, Flow, Ordered, Provision
from agreements.models.snapshot import content_of
from agreements.operations import drafting
from agreements.reading import with_values
from agreements.views.answering import answers, answers_of
from agreements.views.asking import DONE, INVALID, Asked, attempt, made_already, of_one_agreement, remember
from agreements.views.editing import answer
from agreements.views.frame import Button, button_of
from agreements.views.inhand import form_of, given_back, in_hand, kind_of, landing, page, uuid_of
from agreements.views.parts import ADDABLE, KINDS, Kind, home, part_url
from agreements.views.saving import differ, names


@of_one_agreement()
@in_hand
def begin(asked: Asked) -> HttpResponse:
    """Drafting starts with the first part."""
    return redirect("agreement-draft-part", pk=asked.agreement.pk, part="parties")


@of_one_agreement("GET", "HEAD", "POST")
@in_hand
def part(asked: Asked, part: str) -> HttpResponse:
    """One part of the draft; the term's form is answered here too."""
    if part not in PARTS:
        raise Http404("There is no such part.")
    if part == "term":
        return answer(asked, KINDS["term"], asked.agreement.term)
    questions = answers_of(asked, PARTS[part])
    if asked.posted and not questions:
        raise Http404("This part takes no answers itself.")
    status = answers(asked, questions) if asked.posted else DONE
    if asked.posted and status == DONE:
        messages.success(asked.request, "Saved.")
        return redirect(_onward(asked, PARTS[part]))
    acts = _hand_on(asked) if part == "share" else []
    return page(asked, PARTS[part], status, acts=acts, answers=questions)


def _onward(asked: Asked, part: Part) -> str:
    """Where the pressed button leads: on to the next part, or back to this one."""
    following = asked.request.POST.get("go", "")
    return part_url(asked.agreement, following if following in PARTS else part.slug)


def _hand_on(asked: Asked) -> list[Button]:
    """The steps by which the text leaves one's hands."""
    steps = lifecycle.open_steps(asked.agreement, asked.user, today=asked.today)
    return [button_of(step, asked.agreement) for step in steps if step.name in {"share", "return", "submit"}]


@of_one_agreement("GET", "HEAD", "POST")
@in_hand
def add(asked: Asked, kind: str) -> HttpResponse:
    """A new row of the draft."""
    found = kind_of(kind)
    if kind not in ADDABLE:
        raise Http404("This can't be added here.")
    if asked.posted and (before := made_already(asked.request, asked.request.POST.get("once"))):
        return redirect(before)
    after, dataset = _beside(asked, found)
    if dataset is not None and dataset.removed:
        return given_back(asked, "Somebody took this dataset out of the agreement. Nothing was saved.")
    form = _blank(asked, found, dataset)
    status = attempt(form, lambda: _add(asked, found, form, after)) if asked.posted else DONE
    if asked.posted and status == DONE:
        messages.success(asked.request, f"The {found.noun} is added.")
        return redirect(
            str(
                made_already(asked.request, form.cleaned_data["once"])
                or part_url(asked.agreement, home(asked, found).slug)
            )
        )
    keep = f"add-{kind}-{(after or dataset or asked.agreement).pk}"
    more = {
        "form": form,
        "kind": found,
        "adding": found.noun,
        "after": after,
        "dataset": dataset,
        "keep": keep,
    }
    return page(asked, home(asked, found), status, **more)


def _beside(asked: Asked, kind: Kind) -> tuple[Provision | None, Dataset | None]:
    """The provision the new one follows, and the dataset a new flow belongs to: both of this agreement.

    What is written below a provision that somebody took out meanwhile goes where that one stood.
    """
    sent = {**asked.request.GET.dict(), **asked.request.POST.dict()}
    after = sent.get("after") if kind.model is Provision else None
    agreement, dataset = asked.agreement, sent.get("dataset")
    return (
        get_object_or_404(agreement.provisions, pk=uuid_of(after)) if after else None,
        get_object_or_404(agreement.datasets, pk=uuid_of(dataset)) if kind.model is Flow else None,
    )


def _blank(asked: Asked, kind: Kind, dataset: Dataset | None) -> forms.RowForm:
    more: dict[str, Any] = {"dataset": dataset} if dataset else {}
    instance = kind.model(agreement=asked.agreement, **more)
    initial = kind.suggested(asked)
    form = kind.form(asked.data(), instance=instance, agreement=asked.agreement, initial=initial, **more)
    return cast(forms.RowForm, form)


def _add(asked: Asked, kind: Kind, form: forms.RowForm, after: Provision | None) -> None:
    values = form.values() | kind.fixed(asked)
    model = cast(type[Ordered], kind.model)
    row = drafting.add(asked.agreement, model, values=values, after=after, actor=asked.user, now=asked.now)
    form.cleaned_data["once"] = form.cleaned_data["once"] or row.pk
    remember(asked.request, form.cleaned_data["once"], landing(asked, kind, row))


@of_one_agreement("POST")
@in_hand
def remove(asked: Asked, kind: str, row: UUID) -> HttpResponse:
    """Take a row out of the draft; its history stays."""
    found = kind_of(kind)
    if kind not in ADDABLE:
        raise Http404("This can't be removed here.")
    target = get_object_or_404(found.model.objects.filter(agreement=asked.agreement), pk=row)
    form = forms.RemoveForm(asked.data())
    status = attempt(
        form, lambda: drafting.remove(target, seen=form.cleaned_data["seen"], actor=asked.user, now=asked.now)
    )
    if status == DONE:
        messages.success(asked.request, f"The {found.noun} is taken out. Its history stays.")
    else:
        messages.error(
            asked.request,
            f"Somebody changed the {found.noun} meanwhile, so it was not taken out. Look at it again.",
        )
    return redirect(part_url(asked.agreement, home(asked, found, target).slug))


@of_one_agreement("POST")
@in_hand
def move(asked: Asked, row: UUID) -> HttpResponse:
    """Put a provision after another one."""
    target = get_object_or_404(asked.agreement.provisions, pk=row)
    form = forms.MoveForm(asked.data(), provision=target)
    status = attempt(
        form, lambda: drafting.move(target, after=form.cleaned_data["after"], actor=asked.user, now=asked.now)
    )
    if status == INVALID:
        messages.error(asked.request, "The provision was not moved. Choose where it goes.")
    elif status != DONE:
        messages.error(asked.request, " ".join(map(str, form.non_field_errors())))
    return redirect(landing(asked, KINDS["provision"], target))


@of_one_agreement("GET", "HEAD", "POST")
@in_hand
def partner(asked: Asked) -> HttpResponse:
    """Another party in the text."""
    present = [party.agency_id for party in asked.agreement.parties.all()]
    form = PartnerForm(asked.data(), present=present)
    status = attempt(form, lambda: _invite(asked, form)) if asked.posted else DONE
    if asked.posted and status == DONE:
        return redirect(part_url(asked.agreement, "parties"))
    return page(asked, PARTS["parties"], status, form=form, kind=None, adding="party")


def _invite(asked: Asked, form: PartnerForm) -> None:
    party = drafting.add_party(asked.agreement, **form.cleaned_data, actor=asked.user, now=asked.now)
    messages.success(
        asked.request, f"{party.agency.name} is a party now. It sees the agreement once it is shared."
    )


@of_one_agreement("GET", "HEAD", "POST")
@in_hand
def preview(asked: Asked) -> HttpResponse:
    """The document as it stands; with a row's form sent, as it would stand with that form saved. Nothing is saved.

    Of a long document only the provision whose words are being typed comes back, named in X-Part.
    """
    if not asked.posted:
        return page(asked, PARTS["preview"])
    if (slug := asked.request.POST.get("_part", "")) in PARTS:
        return _as_typed(asked, [(one.row, one.form) for one in answers_of(asked, PARTS[slug])])
    kind, key = kind_of(asked.request.POST.get("_kind", "")), uuid_of(asked.request.POST.get("_row"))
    rows = kind.model.objects.filter(pk=key)
    own = (
        rows.filter(pk=asked.agreement.pk)
        if kind.model is Agreement
        else rows.filter(agreement=asked.agreement)
    )
    row = get_object_or_404(own)
    form = form_of(asked, kind, row, asked.data())
    if not form.is_valid():
        return HttpResponse(status=INVALID)
    alone = isinstance(row, Provision) and not any(
        differ(row, form.instance, name) for name in names(form) if name != "text"
    )
    content = with_values(content_of(asked.agreement), str(key), form.values())
    found = provision_of(content, str(key)) if alone else None
    if found is None:
        return _as_typed(asked, [(row, form)])
    context = {"agreement": asked.agreement, "beside": {str(key): {"changed": True}}, "provision": found,
               "beside_provision": "agreements/record/_beside_provision.html"}  # fmt: skip
    answer = render(asked.request, "agreements/document/parts/provision.html", context)
    answer["X-Part"] = f"provision-{key}"
    return answer


def _as_typed(asked: Asked, typed: list[tuple[Any, forms.RowForm]]) -> HttpResponse:
    """The whole document as it would stand with these forms saved."""
    if not all(form.is_valid() for _, form in typed):
        return HttpResponse(status=INVALID)
    content = content_of(asked.agreement)
    for row, form in typed:
        content = with_values(content, str(row.pk), form.values())
    beside = {str(row.pk): {"changed": True} for row, _ in typed}
    context = {"document": structure(content), "agreement": asked.agreement, "beside": beside}
    return render(asked.request, "agreements/drafting/_preview.html", context)
