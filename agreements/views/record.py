"""The tabs of one agreement."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from agreements import policy
from agreements.document import structure
from agreements.forms.steps import CommentForm
from agreements.models import Comment
from agreements.operations import negotiating
from agreements.policy import actions_on
from agreements.redline import compare as redline
from agreements.views.asking import DONE, Asked, attempt, made_already, of_one_agreement, remember
from agreements.views.frame import Frame, framed


@of_one_agreement()
def document(asked: Asked) -> HttpResponse:
    """The document as it will print, with its open comments and checks beside it."""
    frame = framed(asked)
    comments = [row for row in _comments(asked) if row.resolved_at is None and row.reply_to_id is None]
    context = frame.context("document") | {
        "beside": _beside(frame, comments),
        "open_comments": comments[:8],
        "more_comments": max(len(comments) - 8, 0),
    }
    return render(asked.request, "agreements/record/document.html", context)


def _comments(asked: Asked) -> list[Comment]:
    rows = policy.comments_visible_to(asked.user, asked.agreement, today=asked.today)
    return list(
        rows.select_related("author", "author_agency", "private_to", "provision").order_by("made_at", "id")
    )


def _beside(frame: Frame, comments: Iterable[Comment]) -> dict[str, dict[str, Any]]:
    """What stands beside each provision, by its id."""
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"comments": 0, "checks": []})
    for row in comments:
        if row.provision_id:
            found[str(row.provision_id)]["comments"] += 1
    for check in frame.checks.open:
        if check.anchor.startswith("provision-"):
            found[check.anchor.removeprefix("provision-")]["checks"].append(check)
    return dict(found)


@of_one_agreement()
def data(asked: Asked) -> HttpResponse:
    """What is shared, from whom to whom and how it is protected."""
    frame = framed(asked)
    schedules = frame.document.schedules if frame.document else ()
    datasets = next((row.datasets for row in schedules if row.key == "datasets"), ())
    others = [row for row in schedules if row.key in {"commitments", "measures"}]
    context = frame.context("data") | {"datasets": datasets, "schedules": others}
    return render(asked.request, "agreements/record/data.html", context)


@of_one_agreement("GET", "HEAD", "POST")
def discussion(asked: Asked) -> HttpResponse:
    """Comments, shared and private; a new one or a reply."""
    frame = framed(asked)
    form = _comment_form(asked, frame)
    status = DONE
    if asked.posted:
        if made_already(asked.request, asked.request.POST.get("once")):
            return redirect("agreement-discussion", pk=asked.agreement.pk)
        status = attempt(form, lambda: _comment(asked, form))
        if status == DONE:
            return redirect("agreement-discussion", pk=asked.agreement.pk)
    context = frame.context("discussion") | {
        "form": form,
        "threads": _threads(_comments(asked), frame),
        "may_comment": any(step.name == "comment" for step in frame.steps),
        "replying_to": str(form["reply_to"].value() or ""),
    }
    return render(asked.request, "agreements/record/discussion.html", context, status=status)


def _comment_form(asked: Asked, frame: Frame) -> CommentForm:
    labels = frame.document.labels() if frame.document else {}
    agency = policy.acting_agency(asked.user, "comment", asked.agreement, today=asked.today)
    about = asked.request.GET.get("about", "")
    initial = {"provision": about} if about in labels else {}
    return CommentForm(
        asked.data(),
        agreement=asked.agreement,
        labels=labels,
        may_be_private=agency is not None,
        initial=initial,
    )


def _comment(asked: Asked, form: CommentForm) -> None:
    said = form.cleaned_data
    row = negotiating.comment(
        asked.agreement,
        text=said["text"],
        provision=said["provision"],
        private=said.get("private", False),
        reply_to=_answered(asked, said["reply_to"]),
        actor=asked.user,
        now=asked.now,
    )
    remember(asked.request, said["once"], asked.url)
    seen_by = (
        f"Only {row.private_to.name} sees it." if row.private_to else "Every party that may read it sees it."
    )
    messages.success(asked.request, f"Your comment is recorded. {seen_by}")


def _answered(asked: Asked, key: UUID | None) -> Comment | None:
    """The comment that is answered: one of this agreement that the person may read."""
    if key is None:
        return None
    rows = policy.comments_visible_to(asked.user, asked.agreement, today=asked.today)
    found = get_object_or_404(rows, pk=key)
    return found.reply_to or found


def _threads(rows: Iterable[Comment], frame: Frame) -> list[dict[str, Any]]:
    """Comments with their replies, the open ones first and the newest thread first."""
    labels = frame.document.labels() if frame.document else {}
    replies: dict[object, list[Comment]] = defaultdict(list)
    roots = []
    for row in rows:
        if row.reply_to_id:
            replies[row.reply_to_id].append(row)
        else:
            roots.append(row)
    threads = [
        {"root": row, "replies": replies[row.pk], "label": labels.get(str(row.provision_id), "")}
        for row in reversed(roots)
    ]
    return sorted(threads, key=lambda thread: thread["root"].resolved_at is not None)


@of_one_agreement("POST")
def resolve(asked: Asked, comment: UUID) -> HttpResponse:
    """Mark a comment as dealt with."""
    rows = policy.comments_visible_to(asked.user, asked.agreement, today=asked.today)
    negotiating.resolve(get_object_or_404(rows, pk=comment), actor=asked.user, now=asked.now)
    messages.success(asked.request, "The comment is marked as dealt with.")
    return redirect("agreement-discussion", pk=asked.agreement.pk)


@of_one_agreement()
def versions(asked: Asked) -> HttpResponse:
    """Every version handed over: who, when, why, and its hash."""
    rows = asked.agreement.versions.defer("canonical").select_related("made_by", "made_by_agency")
    context = framed(asked).context("versions") | {"versions": list(rows.order_by("-number"))}
    return render(asked.request, "agreements/record/versions.html", context)


@of_one_agreement()
def version(asked: Asked, number: int) -> HttpResponse:
    """The text of one version, exactly as it was handed over."""
    rows = asked.agreement.versions.select_related("made_by", "made_by_agency")
    found = get_object_or_404(rows, number=number)
    context = framed(asked).context("versions") | {
        "text_version": found,
        "document": structure(found.content),
        "may_download": "download" in actions_on(asked.user, asked.agreement, today=asked.today),
    }
    return render(asked.request, "agreements/record/version.html", context)


@of_one_agreement()
def compare(asked: Asked) -> HttpResponse:
    """What changed between two versions."""
    rows = {row.number: row for row in asked.agreement.versions.order_by("number")}
    old, new = (rows.get(_number(asked.request.GET.get(name, ""))) for name in ("from", "to"))
    if old is None or new is None:
        raise Http404("Choose two versions of this agreement.")
    context = framed(asked).context("versions") | {
        "old": old,
        "new": new,
        "redline": redline(old.content, new.content),
        "versions": rows.values(),
    }
    return render(asked.request, "agreements/record/compare.html", context)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


@of_one_agreement()
def approvals(asked: Asked) -> HttpResponse:
    """Each party's answer and signature, and who acts next."""
    agreement, frame = asked.agreement, framed(asked)
    answers = agreement.approvals.select_related("party__agency", "by", "version").order_by("made_at")
    signatures = agreement.signatures.select_related("party__agency", "version").order_by("signed_at")
    requests = agreement.signature_requests.select_related("signatory", "party__agency", "version")
    context = frame.context("approvals") | {
        "rows": _rows(frame, list(answers), list(signatures)),
        "past": [row for row in answers if row.voided_at],
        "signatures": list(signatures),
        "requests": list(requests.filter(voided_at=None).order_by("order", "party__position")),
        "text_version": agreement.versions.order_by("-number").select_related("made_by_agency").first(),
    }
    return render(asked.request, "agreements/record/approvals.html", context)


def _rows(frame: Frame, answers: list[Any], signatures: list[Any]) -> list[dict[str, Any]]:
    """Per party: its standing answer and its standing signature."""
    given = {row.party_id: row for row in answers if row.voided_at is None}
    signed = {row.party_id: row for row in signatures if row.voided_at is None}
    asked = {row.party_id: row for row in frame.waiting.requests}
    return [
        {
            "party": party,
            "approval": given.get(party.pk),
            "signature": signed.get(party.pk),
            "request": asked.get(party.pk),
        }
        for party in frame.asked.agreement.parties.all()
    ]


@of_one_agreement()
def dates(asked: Asked) -> HttpResponse:
    """The term in words, the days that follow from it, and what was done about them."""
    agreement, frame = asked.agreement, framed(asked)
    schedules = frame.document.schedules if frame.document else ()
    context = frame.context("dates") | {
        "term": next((facts for row in schedules if row.key == "term" for facts in row.facts), None),
        "suspensions": list(agreement.suspensions.select_related("agency").order_by("from_on")),
        "notices": list(agreement.notices.select_related("agency").order_by("given_on")),
        "reviews": list(agreement.reviews.select_related("agency", "by").order_by("-made_at")),
    }
    return render(asked.request, "agreements/record/dates.html", context)
