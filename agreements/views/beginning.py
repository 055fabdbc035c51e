"""The guided start of an agreement."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from agencies.models import User
from agreements import catalog, policy
from agreements.forms.beginning import BLANK, IMPORT, NewForm
from agreements.models import Agreement
from agreements.operations import drafting, importing
from agreements.operations.drafting import PartySpec
from agreements.views.asking import DONE, attempt, made_already, remember


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose what to begin with, with whom, and go on to the draft."""
    own = policy.may_draft_for(cast(User, request.user), today=timezone.now().date())
    if not own:
        raise PermissionDenied(policy.refusal("edit"))
    posted = request.method == "POST"
    before = made_already(request, request.POST.get("once")) if posted else None
    if before:
        return redirect(before)
    form = NewForm(request.POST if posted else None, request.FILES if posted else None, own=own)
    status = attempt(form, lambda: _begin(request, form)) if posted else DONE
    if posted and status == DONE:
        return redirect(str(made_already(request, form.cleaned_data["once"]) or "/agreements/"))
    context = {"form": form, "templates": catalog.load().templates.values(), "several": len(own) > 1,
               "import_key": IMPORT, "blank_key": BLANK}  # fmt: skip
    return render(request, "agreements/drafting/new.html", context, status=status)


def _begin(request: HttpRequest, form: NewForm) -> None:
    made = _made(request, form)
    url = f"{made.get_absolute_url()}draft/"
    remember(request, form.cleaned_data["once"] or made.pk, url)
    form.cleaned_data["once"] = form.cleaned_data["once"] or made.pk
    messages.success(
        request,
        f"{made.reference} is begun. Nobody outside {made.lead.short_name} sees it until you share it.",
    )


def _made(request: HttpRequest, form: NewForm) -> Agreement:
    """The new draft, from a template, an imported text or blank."""
    said, user, now = form.cleaned_data, cast(User, request.user), timezone.now()
    partners = [PartySpec(agency, form.roles("partner_role")) for agency in said["partners"]]
    roles = form.roles("lead_role")
    if said["start"] == IMPORT:
        return importing.import_text(
            data=said["file"].read(), name=said["file"].name, title=said["title"], kind=said["kind"],
            lead=said["lead"], partners=partners, lead_roles=roles, actor=user, now=now,
        )  # fmt: skip
    template = "" if said["start"] == BLANK else said["start"]
    return drafting.draft(
        title=said["title"], lead=said["lead"], partners=partners, lead_roles=roles, template=template,
        kind="" if template else said["kind"], actor=user, now=now,
    )  # fmt: skip
