"""The certificates with which final documents were sealed: public, for whoever checks a document without us."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agreements.models import SealCertificate

PEM = "application/x-pem-file"


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Each certificate that was ever used, newest first, and how to check a document with it."""
    rows = SealCertificate.objects.order_by("-first_used_at")
    return render(request, "agreements/seals.html", {"certificates": rows})


@require_safe
def one(request: HttpRequest, sha256: str) -> HttpResponse:
    """One certificate with those above it, as PEM."""
    row = SealCertificate.objects.filter(sha256=sha256).first()
    if row is None:
        raise Http404("There is no such certificate.")
    name = f'attachment; filename="seal-{row.sha256[:16]}.pem"'
    return HttpResponse(row.pem, content_type=PEM, headers={"Content-Disposition": name})
