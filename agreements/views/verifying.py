"""The public page that says whether a document is genuine. It needs no account and keeps nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from agreements import verifying
from agreements.forms.verifying import MOST_BYTES, VerifyForm
from common.limits import rarely, too_long

INVALID, NOT_KNOWN, TOO_LONG = 422, 404, 413
ROOM = 1024 * 1024
"""What a form takes beside the file in it."""


@csrf_exempt  # it changes nothing; and so nothing of a request is read before its length is looked at
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@rarely("verify")
def verify(request: HttpRequest) -> HttpResponse:
    """A file or a code in, a verdict out; whatever is unknown is answered alike."""
    posted = request.method == "POST"
    if too_long(request, MOST_BYTES + ROOM):
        form = VerifyForm({})
        form.errors["file"] = form.error_class(["This file is larger than any document made here."])
        return render(request, "agreements/verify.html", {"form": form}, status=TOO_LONG)
    form = VerifyForm(request.POST if posted else None, request.FILES if posted else None)
    if not form.is_valid():
        return render(request, "agreements/verify.html", {"form": form}, status=INVALID if posted else 200)
    now, said = timezone.now(), form.cleaned_data
    file = said["file"]
    found = verifying.of_file(file.read(), now=now) if file else verifying.of_code(said["code"], now=now)
    context = {"form": VerifyForm(), "said": found, "by": "file" if file else "code"}
    return render(request, "agreements/verify.html", context, status=200 if found.known else NOT_KNOWN)
