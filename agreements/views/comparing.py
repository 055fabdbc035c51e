"""What changed between two versions, and since a person last looked."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from agreements.models import Version
from agreements.operations import comparing
from agreements.pdf import RenderFailed
from agreements.policy import actions_on
from agreements.redline import compare as redline
from agreements.views.asking import Asked, of_one_agreement
from agreements.views.frame import framed
from common.http import attached

LIVE = "now"
MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@of_one_agreement()
def compare(asked: Asked) -> HttpResponse:
    """The redline of two versions, or of a version and the text as one's own agency is editing it."""
    frame = framed(asked)
    live = frame.reading.live and asked.request.GET.get("to") == LIVE
    old, new = chosen(asked, live=live)
    comparing.looked(asked.agreement, actor=asked.user, now=asked.now)
    content = new.content if new else frame.reading.content or {}
    context = frame.context("versions") | {
        "old": old,
        "new": new,
        "new_name": f"version {new.number}" if new else "your draft",
        "redline": redline(old.content, content),
        "whole": asked.request.GET.get("show") == "whole",
        "versions": asked.agreement.versions.defer("canonical").order_by("number"),
        "may_download": "download" in actions_on(asked.user, asked.agreement, today=asked.today),
    }
    return render(asked.request, "agreements/record/compare.html", context)


def chosen(asked: Asked, *, live: bool = False) -> tuple[Version, Version | None]:
    """The two versions named in the address; the second is None for the live text. 404 if there is no such version."""
    wanted = [_number(asked.request.GET.get(name, "")) for name in ("from", "to")]
    found = asked.agreement.versions.select_related("made_by_agency", "agreement").filter(number__in=wanted)
    rows = {row.number: row for row in found}
    old, new = (rows.get(number) for number in wanted)
    if old is None or (new is None and not live):
        raise Http404("Choose two versions of this agreement.")
    return old, new


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


@of_one_agreement("GET")
def since(asked: Asked) -> HttpResponse:
    """What changed since this person last looked: from the version they had opened before to the newest."""
    seen = comparing.looked(asked.agreement, actor=asked.user, now=asked.now)
    if seen is None or seen.before is None:
        messages.info(asked.request, "Nothing was handed over since you last looked.")
        return redirect("agreement-versions", pk=asked.agreement.pk)
    where = reverse("agreement-compare", kwargs={"pk": asked.agreement.pk})
    return redirect(f"{where}?from={seen.before}&to={seen.version}")


@of_one_agreement("GET")
def file(asked: Asked, format: str) -> HttpResponse:
    """The redline to take away, as a PDF or a Word file with tracked changes; taking it is recorded."""
    old, new = chosen(asked)
    if new is None or format not in MEDIA:
        raise Http404("There is no such file.")
    try:
        content = comparing.take_redline(
            old, new, format="pdf" if format == "pdf" else "docx", actor=asked.user, now=asked.now
        )
    except RenderFailed as failed:
        messages.error(asked.request, failed.reason)
        return redirect("agreement-versions", pk=asked.agreement.pk)
    return attached(
        content, f"{asked.agreement.reference}-{old.number}-to-{new.number}.{format}", MEDIA[format]
    )
