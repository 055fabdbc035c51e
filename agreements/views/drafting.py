"""Guided drafting: the questions of each part on the left, the document as it stands on the right."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from agreements import lifecycle, policy
from agreements.document import structure
from agreements.forms import drafting as forms
from agreements.forms.beginning import PartnerForm
from agreements.guide import PARTS, Part
from agreements.models import Agreement, Dataset, Flow, Ordered, Provision
from agreements.models.snapshot import content_of
from agreements.operations import drafting
from agreements.reading import with_values
from agreements.views.answering import answers, answers_of
from agreements.views.asking import (
    CONFLICT,
    DONE,
    INVALID,
    STALE,
    Asked,
    attempt,
    made_already,
    of_one_agreement,
    remember,
)
from agreements.views.frame import Button, button_of
from agreements.views.parts import ADDABLE, KINDS, Kind, home, part_context, part_url
from agreements.writing import offered

PageView = Callable[..., HttpResponse]


def closed(asked: Asked) -> str:
    """Why this person can't edit now, in words; 403 if they never may."""
    step = lifecycle.STEPS["edit"]
    policy.require(asked.user, step.permission, asked.agreement, today=asked.today)
    agencies: set[object] = {*policy.agencies_of(asked.user, today=asked.today)}
    return lifecycle.closed_because(step, asked.agreement, agencies, today=asked.today)


def in_hand(view: PageView) -> PageView:
    """Only while the text is in the hands of the person's agency: the rows of others' drafts are never shown.

    What was typed into a form that came too late is given back to copy.
    """

    def answer(asked: Asked, **parts: Any) -> HttpResponse:
        why = closed(asked)
        if not why:
            return view(asked, **parts)
        typed = [(k, v) for k, v in asked.request.POST.items() if len(v) > 40 and k != "csrfmiddlewaretoken"]
        context = {"agreement": asked.agreement, "why": why, "typed": typed}
        return render(asked.request, "agreements/drafting/closed.html", context, status=CONFLICT)

    return answer


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
        return _row(asked, KINDS["term"], asked.agreement.term)
    questions = answers_of(asked, PARTS[part])
    if asked.posted and not questions:
        raise Http404("This part takes no answers itself.")
    status = answers(asked, questions) if asked.posted else DONE
    if asked.posted and status == DONE:
        messages.success(asked.request, "Saved.")
        return redirect(_onward(asked, PARTS[part]))
    acts = _hand_on(asked) if part == "share" else []
    return _page(asked, PARTS[part], status, acts=acts, answers=questions)


def _onward(asked: Asked, part: Part) -> str:
    """Where the pressed button leads: on to the next part, or back to this one."""
    following = asked.request.POST.get("go", "")
    return part_url(asked.agreement, following if following in PARTS else part.slug)


def _hand_on(asked: Asked) -> list[Button]:
    """The steps by which the text leaves one's hands."""
    steps = lifecycle.open_steps(asked.agreement, asked.user, today=asked.today)
    return [button_of(step, asked.agreement) for step in steps if step.name in {"share", "return", "submit"}]


def _page(asked: Asked, part: Part, status: int = DONE, **more: Any) -> HttpResponse:
    context = part_context(asked, part) | more
    form, kind = more.get("form"), more.get("kind")
    if form is not None and kind is not None and kind.name == "provision":
        about = {"id": more.get("editing"), "part": form["part"].value(), "heading": form["heading"].value()}
        context["writing"] = offered(context["content"], about)
    return render(asked.request, f"agreements/drafting/{part.template}.html", context, status=status)


@of_one_agreement("GET", "HEAD", "POST")
@in_hand
def edit(asked: Asked, kind: str, row: UUID) -> HttpResponse:
    """One row of the draft, opened for editing among its neighbours."""
    found = _kind(kind)
    if found.model is Agreement:
        if row != asked.agreement.pk:
            raise Http404("There is no such row in this agreement.")
        return _row(asked, found, asked.agreement)
    rows = found.model.objects.filter(agreement=asked.agreement)
    if not asked.posted and issubclass(found.model, Ordered):
        rows = rows.filter(removed=False)
    return _row(asked, found, get_object_or_404(rows, pk=row))


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise Http404("There is no such kind of row.")
    return KINDS[name]


def _bound(asked: Asked, kind: Kind, row: Any) -> forms.RowForm:
    more = {"dataset": row.dataset} if isinstance(row, Flow) else {}
    # The form works on a copy: what it was sent must not leak into what the rest of the page shows.
    own = type(row).objects.get(pk=row.pk)
    return cast(forms.RowForm, kind.form(asked.data(), instance=own, agreement=asked.agreement, **more))


def _row(asked: Asked, kind: Kind, row: Any) -> HttpResponse:
    form, status, theirs = _bound(asked, kind, row), DONE, None
    if asked.posted:
        status = attempt(form, lambda: _save(asked, row, form))
        if status == DONE:
            messages.success(asked.request, "Saved.")
            return redirect(_after(asked, kind, row))
        if status == STALE:
            form, theirs = _against(asked, kind, row, form)
    more = {
        "form": form,
        "row": row,
        "kind": kind,
        "theirs": theirs,
        "editing": str(row.pk),
        "anchor": kind.anchor(row),
    }
    if isinstance(row, Provision):
        more["move"] = forms.MoveForm(provision=row, initial={"after": _before(row)})
    return _page(asked, home(asked, kind, row), status, **more)


def _save(asked: Asked, row: Any, form: forms.RowForm) -> None:
    seen = form.cleaned_data["seen"]
    drafting.edit(row, values=form.values(), seen=seen, actor=asked.user, now=asked.now)


def _after(asked: Asked, kind: Kind, row: Any) -> str:
    anchor = kind.anchor(row)
    return f"{part_url(asked.agreement, home(asked, kind, row).slug)}?changed={row.pk}{'#' + anchor if anchor else ''}"


def _against(
    asked: Asked, kind: Kind, row: Any, form: forms.RowForm
) -> tuple[forms.RowForm, list[tuple[str, Any]]]:
    """The form as typed, now answering the newer row, and that row's differing fields to compare with."""
    newer = type(row).objects.get(pk=row.pk)
    shown = kind.form(instance=newer, agreement=asked.agreement, **_more(newer))
    theirs = [
        (str(field.label), _said(field))
        for field in shown.visible_fields()
        if str(field.value() or "") != str(form[field.name].value() or "")
    ]
    data = asked.request.POST.copy()
    data["seen"] = str(newer.last_event_id)
    form.data = data
    return form, theirs


def _more(row: Any) -> dict[str, Any]:
    return {"dataset": row.dataset} if isinstance(row, Flow) else {}


def _said(field: Any) -> str:
    value = field.value()
    choices = dict(getattr(field.field, "choices", None) or [])
    if isinstance(value, list):
        return "\n".join(str(choices.get(item, item)) for item in value)
    return str(choices.get(value, value) if value is not None else "")


def _before(row: Provision) -> UUID | None:
    """The provision that stands before this one."""
    rows = Provision.objects.filter(agreement=row.agreement_id, removed=False)
    ids = list(rows.order_by("position_in_order", "id").values_list("pk", flat=True))
    place = ids.index(row.pk) if row.pk in ids else 0
    return ids[place - 1] if place else None


@of_one_agreement("GET", "HEAD", "POST")
@in_hand
def add(asked: Asked, kind: str) -> HttpResponse:
    """A new row of the draft."""
    found = _kind(kind)
    if kind not in ADDABLE:
        raise Http404("This can't be added here.")
    if asked.posted and (before := made_already(asked.request, asked.request.POST.get("once"))):
        return redirect(before)
    after, dataset = _beside(asked, found)
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
    more = {"form": form, "kind": found, "adding": found.noun, "after": after, "dataset": dataset}
    return _page(asked, home(asked, found), status, **more)


def _beside(asked: Asked, kind: Kind) -> tuple[Provision | None, Dataset | None]:
    """The provision the new one follows, and the dataset a new flow belongs to: both of this agreement."""
    sent = {**asked.request.GET.dict(), **asked.request.POST.dict()}
    after = sent.get("after") if kind.model is Provision else None
    dataset = sent.get("dataset") if kind.model is Flow else None
    return (
        get_object_or_404(asked.agreement.provisions.filter(removed=False), pk=_uuid(after))
        if after
        else None,
        get_object_or_404(asked.agreement.datasets.filter(removed=False), pk=_uuid(dataset))
        if kind.model is Flow
        else None,
    )


def _uuid(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        raise Http404("There is no such row in this agreement.") from None


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
    remember(asked.request, form.cleaned_data["once"], _after(asked, kind, row))


@of_one_agreement("POST")
@in_hand
def remove(asked: Asked, kind: str, row: UUID) -> HttpResponse:
    """Take a row out of the draft; its history stays."""
    found = _kind(kind)
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
            asked.request, "Somebody changed it meanwhile, so it was not taken out. Look at it again."
        )
    return redirect(part_url(asked.agreement, home(asked, found, target).slug))


@of_one_agreement("POST")
@in_hand
def move(asked: Asked, row: UUID) -> HttpResponse:
    """Put a provision after another one."""
    target = get_object_or_404(asked.agreement.provisions.filter(removed=False), pk=row)
    form = forms.MoveForm(asked.data(), provision=target)
    status = attempt(
        form, lambda: drafting.move(target, after=form.cleaned_data["after"], actor=asked.user, now=asked.now)
    )
    if status != DONE:
        messages.error(asked.request, "The provision was not moved. Choose where it goes.")
    return redirect(_after(asked, KINDS["provision"], target))


@of_one_agreement("GET", "HEAD", "POST")
@in_hand
def partner(asked: Asked) -> HttpResponse:
    """Another party in the text."""
    present = [party.agency_id for party in asked.agreement.parties.all()]
    form = PartnerForm(asked.data(), present=present)
    status = attempt(form, lambda: _invite(asked, form)) if asked.posted else DONE
    if asked.posted and status == DONE:
        return redirect(part_url(asked.agreement, "parties"))
    return _page(asked, PARTS["parties"], status, form=form, kind=None, adding="party")


def _invite(asked: Asked, form: PartnerForm) -> None:
    party = drafting.add_party(asked.agreement, **form.cleaned_data, actor=asked.user, now=asked.now)
    messages.success(
        asked.request, f"{party.agency.name} is a party now. It sees the agreement once it is shared."
    )


@of_one_agreement("GET", "HEAD", "POST")
@in_hand
def preview(asked: Asked) -> HttpResponse:
    """The document as it stands; with a row's form sent, as it would stand with that form saved. Nothing is saved."""
    if not asked.posted:
        return _page(asked, PARTS["preview"])
    if (slug := asked.request.POST.get("_part", "")) in PARTS:
        return _as_typed(asked, [(one.row, one.form) for one in answers_of(asked, PARTS[slug])])
    kind, key = _kind(asked.request.POST.get("_kind", "")), _uuid(asked.request.POST.get("_row"))
    rows = kind.model.objects.filter(pk=key)
    own = (
        rows.filter(pk=asked.agreement.pk)
        if kind.model is Agreement
        else rows.filter(agreement=asked.agreement)
    )
    form = _bound(asked, kind, get_object_or_404(own))
    return _as_typed(asked, [(form.instance, form)])


def _as_typed(asked: Asked, typed: list[tuple[Any, forms.RowForm]]) -> HttpResponse:
    """The document as it would stand with these forms saved."""
    if not all(form.is_valid() for _, form in typed):
        return HttpResponse(status=INVALID)
    content = content_of(asked.agreement)
    for row, form in typed:
        content = with_values(content, str(row.pk), form.values())
    beside = {str(row.pk): {"changed": True} for row, _ in typed}
    context = {"document": structure(content), "agreement": asked.agreement, "beside": beside}
    return render(asked.request, "agreements/drafting/_preview.html", context)
