"""The discussion of one agreement: comments and answers, shared and private."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from agreements import mentions, policy
from agreements.forms.steps import CommentForm
from agreements.models import Comment, Provision
from agreements.numbering import labels_of
from agreements.operations import negotiating
from agreements.topics import topics
from agreements.views.asking import DONE, Asked, attempt, made_already, of_one_agreement, remember
from agreements.views.frame import Frame, framed


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
        "threads": _threads(comments(asked)),
        "may_comment": any(step.name == "comment" for step in frame.steps),
        "replying_to": str(form["reply_to"].value() or ""),
    }
    return render(asked.request, "agreements/record/discussion.html", context, status=status)


def comments(asked: Asked) -> list[Comment]:
    """The comments this person can read, in order."""
    rows = policy.comments_visible_to(asked.user, asked.agreement, today=asked.today)
    return list(rows.select_related("author", "author_agency", "private_to").order_by("made_at", "id"))


def _comment_form(asked: Asked, frame: Frame) -> CommentForm:
    """What can be chosen is named as this person's own text names it."""
    content = frame.reading.content
    labels = labels_of(content) if content else {}
    rows = content["provisions"] if content else []
    said = {r["id"]: f"{labels[r['id']]} {r['heading'] or r['text'][:60]}".strip() for r in rows}
    named = topics(content) if content else {}
    about = asked.request.GET.get("about", "")
    may_be_private = (
        policy.acting_agency(asked.user, "comment", asked.agreement, today=asked.today) is not None
    )
    people = mentions.readers(asked.agreement, private_to=None, on=asked.today) if may_be_private else []
    return CommentForm(
        asked.data(),
        said=said,
        topics=named,
        people=[person for person in people if person.pk != asked.user.pk],
        may_be_private=may_be_private,
        initial={"provision": about} if about in {**said, **named} else {},
    )


def _comment(asked: Asked, form: CommentForm) -> None:
    said, about = form.cleaned_data, form.cleaned_data["provision"]
    row = negotiating.comment(
        asked.agreement,
        text=said["text"],
        provision=Provision.objects.get(pk=about) if about in form.said else None,
        topic="" if about in form.said else about,
        told=[UUID(key) for key in said.get("told", [])],
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
    found = _read(asked, key)
    return found.reply_to or found


def _threads(rows: Iterable[Comment]) -> list[dict[str, Any]]:
    """Comments with their replies, the open ones first and the newest thread first."""
    replies: dict[object, list[Comment]] = defaultdict(list)
    roots = []
    for row in rows:
        if row.reply_to_id:
            replies[row.reply_to_id].append(row)
        else:
            roots.append(row)
    threads = [{"root": row, "replies": replies[row.pk]} for row in reversed(roots)]
    return sorted(threads, key=lambda thread: thread["root"].resolved_at is not None)


@of_one_agreement("POST")
def resolve(asked: Asked, comment: UUID) -> HttpResponse:
    """Mark a comment as dealt with."""
    negotiating.resolve(_read(asked, comment), actor=asked.user, now=asked.now)
    messages.success(asked.request, "The comment is marked as dealt with.")
    return redirect("agreement-discussion", pk=asked.agreement.pk)


@of_one_agreement("POST")
def reopen(asked: Asked, comment: UUID) -> HttpResponse:
    """Take the mark away that it is dealt with."""
    negotiating.reopen(_read(asked, comment), actor=asked.user, now=asked.now)
    messages.success(asked.request, "The comment is open again.")
    return redirect("agreement-discussion", pk=asked.agreement.pk)


def _read(asked: Asked, key: UUID) -> Comment:
    """A comment of this agreement that the person may read; 404 for others."""
    rows = policy.comments_visible_to(asked.user, asked.agreement, today=asked.today)
    found: Comment = get_object_or_404(rows, pk=key)
    return found
