"""The clause library: search, one clause with its other texts, who holds it, how far agreements stray from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from agreements import policy
from agreements.forms.library import FACETS, LABELS, LibraryForm, PutForm, options
from agreements.library import shelf, uses
from agreements.library.shelf import Shelf, Sought
from agreements.library.texts import Text
from agreements.listing import Mark
from agreements.models import Agreement, Stage
from agreements.operations import inserting
from agreements.prose import render as rendered
from agreements.views.asking import DONE, attempt
from agreements.views.desk import Desk, address, desk

PAGE = 40
DRAFTS = 50


@login_required
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Every text the person may read, narrowed and searched."""
    asking = desk(request)
    held = shelf.shelf(asking.user, today=asking.today)
    form = LibraryForm(request.GET, agencies=held.agencies)
    form.is_valid()
    sought = form.sought()
    found = held.found(sought)
    first = _place(found, request.GET.get("after", ""))
    page = found[first : first + PAGE]
    narrowed = any(request.GET.get(name) for name in FACETS)
    context = {
        "form": form,
        "sought": sought,
        "texts": [(one, shelf.marks(one, held.positions.get(one.matter, []))) for one in page],
        "total": len(found),
        "facets": _facets(request, held, sought),
        "next_url": address(request, after=page[-1].ref) if len(found) > first + PAGE else "",
        "first_url": address(request) if first else "",
        "clear_url": address(request, **dict.fromkeys(FACETS)) if narrowed else "",
        "keep": [(name, value) for name, value in request.GET.items() if name in FACETS and value],
        "keeps": shelf.keeps(asking.user, today=asking.today),
    }
    return render(request, "agreements/library/list.html", context)


def _place(found: list[Text], ref: str) -> int:
    """Where the page after this text begins; the beginning for one that is not there."""
    return next((place for place, one in enumerate(found, 1) if one.ref == ref), 0)


def _facets(request: HttpRequest, held: Shelf, sought: Sought) -> list[dict[str, Any]]:
    """The choices with how many texts each would leave, words typed or not."""
    known, said = options(held.agencies), held.found(Sought(text=sought.text))
    found = []
    for name in FACETS:
        fitting = [one for one in said if sought.fits(one, without=name)]
        counts = Counter(value for one in fitting for value in _values(one, name))
        chosen = getattr(sought, name)
        choices = [
            {"label": label, "count": counts[value], "selected": value == chosen,
             "url": address(request, **{name: None if value == chosen else value})}
            for value, label in known[name].items() if counts[value] or value == chosen
        ]  # fmt: skip
        found.append({"label": LABELS[name], "options": choices})
    return [facet for facet in found if facet["options"]]


def _values(one: Text, name: str) -> tuple[str, ...]:
    several = {"rule": one.rules, "template": one.templates, "whose": (one.slug or "shipped",)}
    return several.get(name) or (() if name in several else (getattr(one, name),))


def text_of(asking: Desk, ref: str) -> tuple[Text, list[Text], Shelf]:
    """The newest version of a text the person may read, all its versions, and the shelf; 404 for all others."""
    held = shelf.shelf(asking.user, today=asking.today)
    found = shelf.versions(ref, held.agencies)
    if not found:
        raise Http404("There is no such clause, or you may not read it.")
    return found[0], found, held


def frame(asking: Desk, one: Text, held: Shelf, current: str) -> dict[str, Any]:
    """What every page of one clause shows."""
    keeps = shelf.keeps(asking.user, today=asking.today)
    tabs = [("Text", one.url), ("Usage", f"{one.url}usage/"), ("Divergence", f"{one.url}divergence/")]
    return {
        "one": one,
        "marks": shelf.marks(one, held.positions.get(one.matter, [])),
        "tabs": [{"label": label, "url": url, "current": label == current} for label, url in tabs],
        "may_keep": any(agency.slug == one.slug for agency in keeps),
        "keeps": keeps,
    }


@login_required
@require_safe
def clause(request: HttpRequest, ref: str) -> HttpResponse:
    """One clause: its words, what they are filled with, why it is there, its versions and the other texts on the matter."""
    asking = desk(request)
    newest, versions, held = text_of(asking, ref)
    shown = next((one for one in versions if str(one.version) == request.GET.get("version")), newest)
    others = [one for one in held.on(shown.matter) if one.ref != ref]
    positions = held.positions.get(shown.matter, [])
    context = frame(asking, newest, held, "Text") | {
        "shown": shown,
        "html": rendered(shown.text, _meanings(shown)).html,
        "versions": versions,
        "others": [(one, shelf.marks(one, positions)) for one in others],
        "positions": [(row, _named(held, [row.preferred]), _named(held, row.fallbacks)) for row in positions],
        "may_draft": bool(policy.may_draft_for(asking.user, today=asking.today)),
    }
    return render(request, "agreements/library/clause.html", context)


def _meanings(one: Text) -> Mapping[str, Any]:
    """Each placeholder says in brackets what will stand there."""
    return {name: (lambda said=meaning: f"[{said}]") for name, meaning, _ in one.explained}


def _named(held: Shelf, refs: list[str]) -> list[Text]:
    return [held.texts[ref] for ref in refs if ref in held.texts]


@login_required
@require_safe
def usage(request: HttpRequest, ref: str) -> HttpResponse:
    """Which agreements that the person may see hold which version."""
    asking = desk(request)
    one, versions, held = text_of(asking, ref)
    found = uses.usage(asking.user, ref, after=_mark(request), today=asking.today)
    context = frame(asking, one, held, "Usage") | {
        "usage": found,
        "known": {text.version for text in versions},
        "next_url": address(request, after=found.next) if found.next else "",
        "first_url": address(request) if request.GET.get("after") else "",
    }
    return render(request, "agreements/library/usage.html", context)


@login_required
@require_safe
def divergence(request: HttpRequest, ref: str) -> HttpResponse:
    """The same clause across all partners against the model text, the furthest first."""
    asking = desk(request)
    one, _, held = text_of(asking, ref)
    start = request.GET.get("from", "")
    first = int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 0
    after = _mark(request)
    found = uses.divergence(asking.user, ref, after=after, first=first, today=asking.today)
    further = {"after": after, "from": found.following}
    context = frame(asking, one, held, "Divergence") | {
        "divergence": found,
        "next_url": address(request, **further) if found.following is not None else "",
        "window_url": address(request, after=found.next, **{"from": None}) if found.next else "",
        "first_url": address(request, **{"from": None}) if first or after else "",
    }
    return render(request, "agreements/library/divergence.html", context)


def _mark(request: HttpRequest) -> Mark | None:
    return Mark.read(request.GET.get("after", ""))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def put(request: HttpRequest, ref: str) -> HttpResponse:
    """Put the clause into a draft that is in the hands of the person's agency."""
    asking = desk(request)
    one, _, held = text_of(asking, ref)
    if not policy.may_draft_for(asking.user, today=asking.today):
        raise PermissionDenied(policy.refusal("edit"))
    drafts = drafts_in_hand(asking, one, held)
    wanted = request.GET.get("draft", "")
    form = PutForm(request.POST if request.method == "POST" else None, drafts=drafts,
                   initial={"draft": wanted, "instead": bool(wanted)})  # fmt: skip
    made: list[str] = []
    status = attempt(form, lambda: made.append(_put(asking, form, one))) if form.is_bound else DONE
    if made:
        messages.success(request, "The clause is in the text. Read it and fit it to your case.")
        return redirect(made[0])
    context = frame(asking, one, held, "") | {"form": form, "drafts": drafts}
    return render(request, "agreements/library/put.html", context, status=status)


def drafts_in_hand(asking: Desk, one: Text, held: Shelf) -> list[Agreement]:
    """The texts the person may edit now, newest turn first; for an own clause those its agency drafts."""
    agencies = list(policy.may_draft_for(asking.user, today=asking.today))
    if one.own:
        own = {agency.pk for agency in held.agencies if agency.slug == one.slug}
        agencies = [key for key in agencies if key in own]
    open_ = Agreement.objects.filter(stage__in=[Stage.DRAFT, Stage.NEGOTIATION], turn__in=agencies)
    return list(
        policy.permitted(asking.user, "edit", open_, today=asking.today).order_by("-turn_since", "pk")[
            :DRAFTS
        ]
    )


def _put(asking: Desk, form: PutForm, one: Text) -> str:
    agreement = form.drafts[form.cleaned_data["draft"]]
    instead = form.cleaned_data["instead"]
    row = inserting.insert_clause(
        agreement, key=one.ref, exact=True, instead=instead, actor=asking.user, now=asking.now
    )
    return f"{agreement.get_absolute_url()}draft/text/?changed={row.pk}#provision-{row.pk}"
