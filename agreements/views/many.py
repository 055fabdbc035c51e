"""Bringing many existing agreements in: a table and its files, the columns, a trial, then row by row with progress."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from agreements.forms.importing import ManyForm, MappingForm
from agreements.keyterms import COLUMNS
from agreements.models import Batch, BatchState, RowState
from agreements.operations import batches
from agreements.views.asking import DONE, attempt, made_already, remember
from agreements.views.desk import desk
from agreements.views.importing import drafter
from common.models import Job

SHOWN = 200


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Choose the table and the ZIP. Below: the bulk imports one began."""
    asking, own = drafter(request)
    posted = request.method == "POST"
    before = made_already(request, request.POST.get("once")) if posted else None
    if before:
        return redirect(before)
    form = ManyForm(
        request.POST if posted else None, request.FILES if posted else None, own=own, initial={"lead": own[0]}
    )
    made = list[Batch]()

    def take() -> None:
        said = form.cleaned_data
        table, archive = said["table"], said["archive"]
        made.append(batches.begin(table=table.read(), table_name=table.name, archive=archive.file, lead=said["lead"],
                                  root=settings.DOCUMENTS, actor=asking.user, now=asking.now))  # fmt: skip

    status = attempt(form, take) if posted else DONE
    if made:
        remember(request, form.cleaned_data["once"], made[0].get_absolute_url())
        return redirect(made[0])
    context = {
        "form": form,
        "several": len(own) > 1,
        "mine": batches.mine(asking.user)[:25],
        "columns": COLUMNS,
    }
    return render(request, "agreements/import/many.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far it is; the columns while nothing is under way; the faulty rows with their reasons."""
    asking = desk(request)
    batch = get_object_or_404(batches.mine(asking.user), pk=pk)
    posted = request.method == "POST"
    form = MappingForm(request.POST if posted else None, header=batch.header, mapping=batch.mapping)
    act = lambda: batches.check(batch, mapping=form.mapping, actor=asking.user, now=asking.now)  # noqa: E731
    status = attempt(form, act) if posted else DONE
    if posted and status == DONE:
        return redirect(batch)
    names = {column.key: column.name for column in COLUMNS}
    faulty = list(batch.rows.filter(state=RowState.FAULTY).order_by("number")[:SHOWN])
    context: dict[str, Any] = {
        "batch": batch, "form": form, "tally": batches.tally(batch), "faulty": faulty, "shown": SHOWN,
        "problems": [(row, [(names.get(said["column"], ""), said["says"]) for said in row.said], _title(batch, row.cells))
                     for row in faulty],
        "done": batch.rows.filter(state=RowState.DONE).select_related("agreement").order_by("number")[:SHOWN],
        "can_map": batch.state in {BatchState.MAPPING, BatchState.CHECKED}, "sample": batch.rows.order_by("number").first(),
        "job": Job.objects.filter(key=f"{batches.JOB}:{batch.pk}:{batch.turn}").first(),
    }  # fmt: skip
    return render(request, "agreements/import/batch.html", context, status=status)


def _title(batch: Batch, cells: list[str]) -> str:
    place = batch.mapping.get("title", 0)
    return cells[place] if place < len(cells) else ""


@login_required
@require_http_methods(["POST"])
def run(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Bring in the rows that are ready."""
    return _act(
        request,
        pk,
        batches.run,
        "The agreements are being brought in, one after another. You can leave this page.",
    )


@login_required
@require_http_methods(["POST"])
def give_up(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give it up; what was brought in stays."""
    return _act(request, pk, batches.drop, "The bulk import is given up. What was brought in stays.")


def _act(request: HttpRequest, pk: UUID, act: Any, told: str) -> HttpResponse:
    asking = desk(request)
    batch = get_object_or_404(batches.mine(asking.user), pk=pk)
    try:
        act(batch, actor=asking.user, now=asking.now)
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, told)
    return redirect(batch)
