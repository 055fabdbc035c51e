"""A Word file comes back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from agreements import lifecycle, policy
from agreements.forms.suggesting import ReceiveForm
from agreements.operations import receiving
from agreements.operations.receiving import Received
from agreements.views.asking import DONE, Asked, attempt, of_one_agreement
from agreements.views.frame import framed


@of_one_agreement("GET", "HEAD", "POST")
def receive(asked: Asked) -> HttpResponse:
    """Take in a file edited outside; its changes come in as suggestions, or into the draft in one's own hands."""
    frame = framed(asked)
    step = lifecycle.STEPS["edit" if frame.reading.live else "suggest"]
    policy.require(asked.user, step.permission, asked.agreement, today=asked.today)
    numbers = list(asked.agreement.versions.order_by("-number").values_list("number", flat=True))
    form = ReceiveForm(asked.data(), asked.request.FILES if asked.posted else None, numbers=numbers)
    done: list[Received] = []
    status = attempt(form, lambda: done.append(_receive(asked, form))) if asked.posted else DONE
    if done:
        return _said(asked, done[0])
    context = frame.context("versions") | {"form": form, "numbers": numbers}
    return render(asked.request, "agreements/record/receive.html", context, status=status)


def _receive(asked: Asked, form: ReceiveForm) -> Received:
    file = form.cleaned_data["file"]
    return receiving.receive(
        asked.agreement,
        data=file.read(),
        name=file.name,
        version=form.cleaned_data["version"],
        actor=asked.user,
        now=asked.now,
    )


def _said(asked: Asked, done: Received) -> HttpResponse:
    """What came in, and where to find what did not."""
    came = f"{done.changes} change{'s' * (done.changes != 1)}"
    where = "came in as suggestions" if done.suggested else "went into your draft"
    messages.success(asked.request, f"{came} {where}." if done.changes else "The file changes no provision.")
    if done.unplaced:
        messages.warning(asked.request, f"{len(done.unplaced)} could not be matched to a provision. They are listed in a "
                         "comment that only your agency sees; place them by hand.")  # fmt: skip
        return redirect("agreement-discussion", pk=asked.agreement.pk)
    return redirect("agreement-suggestions" if done.suggested else "agreement", pk=asked.agreement.pk)
