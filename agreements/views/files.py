"""The final document."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from agreements import undone
from agreements.lifecycle import StepNotOpen
from agreements.models import AgreementUserObjectPermission, Provenance, SealedDocument, Stage
from agreements.operations.downloading import download as take
from agreements.operations.downloading import download_paper, download_word
from agreements.operations.importing import source_for
from agreements.operations.retrying import retry as ask_again
from agreements.pdf import DocumentMissing, RenderFailed
from agreements.policy import GRANTABLE, actions_on
from agreements.views.asking import Asked, of_one_agreement
from agreements.views.frame import framed
from common.http import attached

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@of_one_agreement()
def files(asked: Asked) -> HttpResponse:
    """The final document with its hash, the imported source's name, and who else has access."""
    sealed = SealedDocument.objects.filter(agreement=asked.agreement).select_related("version").first()
    executed = (
        asked.agreement.stage in {Stage.EXECUTED, Stage.ENDED} and asked.agreement.executed_at is not None
    )
    imported = asked.agreement.provenance == Provenance.IMPORTED
    actions = actions_on(asked.user, asked.agreement, today=asked.today)
    context = framed(asked).context("files") | {
        "sealed": sealed,
        "making": undone.making(asked.agreement) if executed and sealed is None and not imported else None,
        "imported": imported,
        "source": source_for(asked.agreement, asked.user, today=asked.today),
        "may_download": "download" in actions,
        "may_export": "export" in actions,
        "may_grant": "grant" in actions,
        "grants": grants_on(asked) if "grant" in actions else [],
    }
    return render(asked.request, "agreements/record/files.html", context)


def grants_on(asked: Asked) -> list[dict[str, object]]:
    """Each person with a grant: what it conveys and until when."""
    rows = AgreementUserObjectPermission.objects.filter(content_object=asked.agreement)
    found: dict[object, dict[str, object]] = {}
    for row in rows.select_related("user", "permission").order_by("user__name", "permission__codename"):
        name = row.permission.codename.removesuffix("_agreement")
        held = found.setdefault(row.user_id, {"person": row.user, "row": row, "conveys": []})
        if name in GRANTABLE:
            held["conveys"].append(name)  # type: ignore[attr-defined]
    return list(found.values())


@of_one_agreement("GET")
def download(asked: Asked) -> HttpResponse:
    """The final PDF; taking it is recorded."""
    try:
        content = take(asked.agreement, root=settings.DOCUMENTS, actor=asked.user, now=asked.now)
    except (StepNotOpen, DocumentMissing) as refused:
        messages.error(asked.request, str(refused))
        return redirect("agreement-files", pk=asked.agreement.pk)
    name = f'attachment; filename="{asked.agreement.reference}.pdf"'
    return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": name})


@of_one_agreement("POST")
def retry(asked: Asked) -> HttpResponse:
    """Have the final document made again; that it was asked for is recorded."""
    try:
        ask_again(asked.agreement, actor=asked.user, now=asked.now)
    except StepNotOpen as refused:
        messages.info(asked.request, str(refused))
    else:
        messages.success(asked.request, "It is being made now. This page looks for it every few seconds.")
    return redirect("agreement-files", pk=asked.agreement.pk)


@of_one_agreement("GET")
def word(asked: Asked, number: int) -> HttpResponse:
    """One version as a Word file; taking it is recorded."""
    version = get_object_or_404(asked.agreement.versions.select_related("agreement"), number=number)
    content = download_word(version, actor=asked.user, now=asked.now)
    return attached(content, f"{asked.agreement.reference}-version-{number}.docx", WORD)


@of_one_agreement("GET")
def paper(asked: Asked, number: int) -> HttpResponse:
    """One version as a PDF, as it is shown before signing; taking it is recorded."""
    version = get_object_or_404(asked.agreement.versions.select_related("agreement"), number=number)
    try:
        content = download_paper(version, actor=asked.user, now=asked.now)
    except RenderFailed as failed:
        messages.error(asked.request, failed.reason)
        return redirect("agreement-version", pk=asked.agreement.pk, number=number)
    return attached(content, f"{asked.agreement.reference}-version-{number}.pdf")
