"""The tabs of one agreement."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from agreements import coverage, policy, proposals, reckoning
from agreements.document import structure
from agreements.lifecycle import BEFORE_SIGNING
from agreements.models import Amendment, Comment, Look, Stage
from agreements.numbering import labels_of
from agreements.operations import comparing, owning, renewing
from agreements.policy import actions_on
from agreements.redline import compare as redline
from agreements.views.asking import Asked, of_one_agreement
from agreements.views.frame import Frame, framed
from agreements.views.talking import comments


@of_one_agreement()
def document(asked: Asked) -> HttpResponse:
    """The document as it will print, with its open comments and checks beside it."""
    frame = framed(asked)
    seen = comparing.looked(asked.agreement, actor=asked.user, now=asked.now)
    remarks = [row for row in comments(asked) if row.resolved_at is None and row.reply_to_id is None]
    context = frame.context("document") | {
        "beside": _beside(frame, remarks),
        "may_suggest": any(step.name == "suggest" for step in frame.steps),
        "may_decide": any(step.name == "edit" for step in frame.steps),
        "open_comments": remarks[:8],
        "more_comments": max(len(remarks) - 8, 0),
        "since": _since(asked, seen),
    }
    return render(asked.request, "agreements/record/document.html", context)


def _since(asked: Asked, seen: Look | None) -> dict[str, Any] | None:
    """What was handed over and said since this person last looked at an earlier version."""
    if seen is None or seen.before is None or asked.agreement.stage not in BEFORE_SIGNING:
        return None
    rows = asked.agreement.versions.filter(number__in=[seen.before, seen.version])
    found = {row.number: row for row in rows}
    if len(found) < 2:
        return None
    since = policy.comments_visible_to(asked.user, asked.agreement, today=asked.today)
    changes = redline(found[seen.before].content, found[seen.version].content)
    return {
        "look": seen,
        "changes": changes,
        "comments": since.filter(made_at__gt=seen.before_at).exclude(author=asked.user).count(),
    }


def _beside(frame: Frame, remarks: Iterable[Comment]) -> dict[str, dict[str, Any]]:
    """What stands beside each provision, by its id."""
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"comments": 0, "checks": [], "suggestions": []})
    labels = labels_of(frame.reading.content or {"provisions": []})
    rows = proposals.shown(proposals.of(frame.asked.agreement), labels)
    for key, suggestions in proposals.beside(rows).items():
        found[key]["suggestions"] = suggestions
    for row in remarks:
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
    may_suggest = any(step.name == "suggest" for step in frame.steps)
    context = frame.context("data") | {"datasets": datasets, "schedules": others, "may_suggest": may_suggest}
    return render(asked.request, "agreements/record/data.html", context)


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
        "owned": list(owning.of_ones_own(agreement, asked.user, today=asked.today))
        if agreement.executed_at
        else [],
        "assigning": set(policy.seats(asked.user, "assign", today=asked.today)),
        "term": next((facts for row in schedules if row.key == "term" for facts in row.facts), None),
        "suspensions": list(agreement.suspensions.select_related("agency").order_by("from_on")),
        "acts": ACTS,
        "may_remind": agreement.stage == Stage.EXECUTED
        and policy.may(asked.user, "remind", agreement, today=asked.today),
        "amendments": list(_amendments(asked)),
        "breaches": list(agreement.breaches.select_related("agency", "party").order_by("notified_on")),
        "renewals": list(agreement.renewals.select_related("agency", "by").order_by("number")),
        "consents": list(renewing.consents(agreement)),
        "notices": list(agreement.notices.select_related("agency").order_by("given_on")),
        "reckoned": reckoning.of(agreement, today=asked.today),
        "covered": coverage.spans_of(agreement),
        "reviews": list(agreement.reviews.select_related("agency", "by").order_by("-made_at")),
    }
    return render(asked.request, "agreements/record/dates.html", context)


ACTS = ("flow", "suspend", "resume", "renew", "amend", "join", "withdraw", "acknowledge", "breach", "cure", "terminate",
        "relate", "review")  # fmt: skip
"""The steps that belong to the life of an executed agreement."""


def _amendments(asked: Asked) -> QuerySet[Amendment]:
    """Those of its instruments that the person may see."""
    seen = policy.visible(asked.user, today=asked.today).values("pk")
    rows = asked.agreement.amendments.filter(agreement__in=seen).select_related("agreement", "result")
    return rows.order_by("agreement__drafted_at")
