"""How one's agency is reminded of one agreement."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from agencies.models import Agency
from agreements import catalog, policy, reminders
from agreements.forms.reminding import WishForm
from agreements.operations import wishing
from agreements.views.asking import DONE, Asked, attempt, of_one_agreement


@of_one_agreement("GET", "HEAD", "POST")
def wishes(asked: Asked) -> HttpResponse:
    """The days on which one's agency is reminded of this agreement."""
    policy.require(asked.user, "remind", asked.agreement, today=asked.today)
    agency = Agency.objects.get(
        pk=policy.speaking_for(asked.user, "remind", asked.agreement, today=asked.today)
    )
    own, row = reminders.wishes(agency.reminders), wishing.of(asked.agreement, agency.pk)
    first = {"days": row.days, "weekly": row.weekly} if row else {"weekly": own.weekly}
    form = WishForm(asked.data(), initial=first)
    status = attempt(form, lambda: _wished(asked, form)) if asked.posted else DONE
    if asked.posted and status == DONE:
        messages.success(
            asked.request, f"Saved how {agency.short_name} is reminded of {asked.agreement.reference}."
        )
        return redirect("agreement-dates", pk=asked.agreement.pk)
    usual = own.days or tuple(rung.days for rung in catalog.load().ladder.rungs)
    context: dict[str, Any] = {"agreement": asked.agreement, "agency": agency, "form": form, "usual": usual}
    return render(asked.request, "agreements/record/reminders.html", context, status=status)


def _wished(asked: Asked, form: WishForm) -> None:
    wishing.wish(asked.agreement, **form.cleaned_data, actor=asked.user, now=asked.now)
