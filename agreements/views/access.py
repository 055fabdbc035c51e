"""Giving one person access to one agreement, and taking it away."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from agencies.models import User
from agreements import policy
from agreements.forms.steps import GrantForm, RevokeForm
from agreements.operations import granting
from agreements.views.asking import DONE, Asked, attempt, of_one_agreement


@of_one_agreement("GET", "HEAD", "POST")
def grant(asked: Asked) -> HttpResponse:
    """Let somebody outside the parties read this agreement until a day."""
    policy.require(asked.user, "grant", asked.agreement, today=asked.today)
    form = GrantForm(asked.data())
    status = attempt(form, lambda: _grant(asked, form)) if asked.posted else DONE
    if asked.posted and status == DONE:
        messages.success(
            asked.request, f"{form.person.name} can see this agreement now. The grant is recorded."
        )
        return redirect("agreement-files", pk=asked.agreement.pk)
    context = {"agreement": asked.agreement, "form": form}
    return render(asked.request, "agreements/record/grant.html", context, status=status)


def _grant(asked: Asked, form: GrantForm) -> None:
    said = {name: form.cleaned_data[name] for name in ("conveys", "until", "reason")}
    granting.grant(asked.agreement, person=form.person, **said, actor=asked.user, now=asked.now)


@of_one_agreement("GET", "HEAD", "POST")
def revoke(asked: Asked, person: UUID) -> HttpResponse:
    """Take a person's access away, with the reason."""
    policy.require(asked.user, "grant", asked.agreement, today=asked.today)
    who = get_object_or_404(User.objects.filter(pk__in=asked.agreement.grants.values("user")), pk=person)
    form = RevokeForm(asked.data())
    status = attempt(form, lambda: _revoke(asked, who, form)) if asked.posted else DONE
    if asked.posted and status == DONE:
        messages.success(asked.request, f"{who.name} no longer sees this agreement by a grant.")
        return redirect("agreement-files", pk=asked.agreement.pk)
    context = {"agreement": asked.agreement, "form": form, "person": who}
    return render(asked.request, "agreements/record/revoke.html", context, status=status)


def _revoke(asked: Asked, who: User, form: RevokeForm) -> None:
    granting.revoke(
        asked.agreement, person=who, reason=form.cleaned_data["reason"], actor=asked.user, now=asked.now
    )
