"""Copies of the final document: certified, conformed, and the packet. Taking each is recorded."""

from __future__ import annotations

from collections.abc import Callable
from tempfile import TemporaryFile
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect

from agreements import policy
from agreements.lifecycle import StepNotOpen
from agreements.operations import copying, packets
from agreements.pdf import DocumentMissing, RenderFailed
from agreements.views.asking import Asked, of_one_agreement
from common.http import attached


def _taken(asked: Asked, take: Callable[[], HttpResponse]) -> HttpResponse:
    """The file, or back to the files with the words of the refusal."""
    policy.require(asked.user, "download", asked.agreement, today=asked.today)
    try:
        return take()
    except (StepNotOpen, DocumentMissing) as refused:
        messages.error(asked.request, str(refused))
    except RenderFailed as failed:
        messages.error(asked.request, failed.reason)
    return redirect("agreement-files", pk=asked.agreement.pk)


@of_one_agreement("POST")
def certified(asked: Asked) -> HttpResponse:
    """A certified copy, made for whoever asks."""

    def take() -> HttpResponse:
        content = copying.certified(asked.agreement, root=settings.DOCUMENTS, actor=asked.user, now=asked.now)
        return attached(content, f"{asked.agreement.reference}-certified-copy.pdf")

    return _taken(asked, take)


@of_one_agreement("GET")
def conformed(asked: Asked) -> HttpResponse:
    """The signed text with the names of the signatories, marked as no original."""

    def take() -> HttpResponse:
        content = copying.conformed(asked.agreement, actor=asked.user, now=asked.now)
        return attached(content, f"{asked.agreement.reference}-conformed-copy.pdf")

    return _taken(asked, take)


@of_one_agreement("GET")
def packet(asked: Asked) -> HttpResponse:
    """The agreement, its annexes, the evidence and the certificates in one ZIP."""

    def take() -> HttpResponse:
        out = TemporaryFile()  # noqa: SIM115  # the answer closes it
        packets.packet(asked.agreement, out, root=settings.DOCUMENTS, actor=asked.user, now=asked.now)
        out.seek(0)
        name = f"{asked.agreement.reference}-packet.zip"
        answer = FileResponse(out, as_attachment=True, filename=name, content_type="application/zip")
        answer["Cache-Control"] = "no-store"
        return cast(HttpResponse, answer)  # a stream of its own kind; nothing here asks it for its content

    return _taken(asked, take)
