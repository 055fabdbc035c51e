"""What is worth a look: each rule finds what it names and nothing beside it, and looking is recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from agencies.models import Membership
from agencies.operations.roles import retire_membership
from agreements.access import rules
from agreements.models import Agreement
from agreements.operations import looking, noting
from agreements.operations.exporting import export_history
from agreements.operations.recording import event
from audit.models import Event
from audit.record import SYSTEM, record
from audit.sentences import body
from tests import builders
from tests.agreements.pages import browser, text
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)
"""Ten in the morning in Denver."""


def found(
    made: World, key: str, *, who: str = "riverton_auditor", now: datetime = MONDAY
) -> list[rules.Finding]:
    """What one rule finds for somebody two weeks later."""
    at = now + timedelta(days=14)
    shown = rules.shown(made.people[who], today=at.date(), now=at)
    return next(one.found for one in shown if one.rule.key == key)


def exported(agreement: Agreement, made: World, now: datetime, who: str = "riverton_counsel") -> None:
    export_history(agreement, format="csv", actor=made.people[who], now=now)


def test_exports_are_looked_at_on_the_agencys_own_clock(made: World) -> None:
    agreement = builders.executed(made)
    early = MONDAY.replace(hour=11, minute=59)  # 5:59 in Denver
    for at in (
        MONDAY,
        MONDAY.replace(hour=23),
        early,
        MONDAY + timedelta(days=5),
        MONDAY + timedelta(hours=11),
    ):
        exported(agreement, made, at)
    listed = found(made, "out_of_hours")
    assert [finding.at for finding in listed] == [
        MONDAY + timedelta(hours=11),
        MONDAY + timedelta(days=5),
        early,
    ]
    assert "Saturday" in listed[1].says and agreement.reference == listed[1].about
    assert all(f"/agreements/{agreement.pk}/history/?before=" in finding.links[0][1] for finding in listed)


def test_five_refusals_in_a_day_are_one_line_and_four_are_none(made: World) -> None:
    agreement = builders.executed(made)
    for who, times in (("riverton_liaison", 5), ("riverton_signatory", 4)):
        for _ in range(times):
            noting.refused(agreement, kind="act", tried="end it", actor=made.people[who], now=MONDAY)
    listed = found(made, "refusals")
    assert [finding.about for finding in listed] == ["Riverton Liaison, Liaison"]
    assert "refused 5 times on 9 Mar 2026: end it" in listed[0].says
    assert found(made, "refusals", who="mesa_auditor") == [], "another party's people are its own business"


def test_checks_set_aside_long_grants_and_large_exports_are_listed(made: World) -> None:
    agreement = builders.executed(made)
    said: list[tuple[str, dict[str, Any]]] = [
        (
            "requirement.waived",
            {"rule": "CJI-004", "citation": "SA-9", "until": "2026-06-30", "reason": "Being signed."},
        ),
        (
            "access.granted",
            {
                "person": "Somebody",
                "person_id": str(made.outsider.pk),
                "conveys": "view",
                "until": "2028-01-01",
            },
        ),
        (
            "access.granted",
            {
                "person": "Somebody",
                "person_id": str(made.outsider.pk),
                "conveys": "view",
                "until": "2027-01-01",
            },
        ),
        ("portfolio.taken", {"agreements": 50}),
        ("portfolio.taken", {"agreements": 49}),
    ]
    with transaction.atomic():
        for action, facts in said:
            event(
                action, agreement, actor=made.riverton_counsel, now=MONDAY, agency=made.riverton.pk, **facts
            )
        record("history.exported", stream=made.riverton.pk, actor=made.riverton_counsel, now=MONDAY,
               agency=made.riverton.pk, facts={"format": "csv"})  # fmt: skip
        for rows in (9_999, 10_000):
            record("history.export_completed", stream=agreement.pk, actor=SYSTEM, now=MONDAY, agency=made.riverton.pk,
                   facts={"rows": rows})  # fmt: skip
    assert len(found(made, "waived")) == 1
    assert ["1 Jan 2028" in finding.says for finding in found(made, "grants")] == [True]
    assert ["whole history" in finding.says for finding in found(made, "large")] == [True, False, False]


def test_renewals_without_a_decision_are_listed_until_one_is_recorded(made: World) -> None:
    agreement = builders.executed(made)
    on = agreement.notice_due_on
    assert on is not None
    agreement.term.renewal = "automatic"
    with transaction.atomic():
        record("term.edited", stream=agreement.pk, actor=SYSTEM, now=NOW, changed=[agreement.term])
    after = datetime(on.year, on.month, on.day, 15, tzinfo=UTC)
    listed = found(made, "unreviewed", now=after)
    assert [finding.about for finding in listed] == [agreement.reference]
    assert found(made, "unreviewed", now=after - timedelta(days=15)) == [], "there is still time"


def test_what_was_taken_on_somebodys_last_day_is_listed(made: World) -> None:
    agreement = builders.executed(made)
    exported(agreement, made, MONDAY)
    exported(agreement, made, MONDAY, "riverton_auditor")
    retire_membership(
        Membership.objects.get(user=made.riverton_counsel), actor=SYSTEM, now=MONDAY + timedelta(hours=1)
    )
    listed = found(made, "last_day", who="riverton_administrator")
    assert ["Riverton Counsel exported" in f.says or "Riverton Counsel" in f.says for f in listed] == [True]


def test_no_line_accuses(made: World) -> None:
    words = " ".join(f"{rule.name} {rule.says}" for rule in rules.RULES).lower()
    assert not [
        word for word in ("suspicious", "violation", "abuse", "illegal", "breach", "attack") if word in words
    ]


def test_looking_is_recorded_for_ones_own_agency_and_moves_nothing_else(made: World) -> None:
    agreement = builders.executed(made)
    now = timezone.now()
    for _ in range(5):
        noting.refused(agreement, kind="act", tried="end it", actor=made.riverton_liaison, now=now)
    auditor = browser(made.riverton_auditor)
    page = auditor.get("/audit/worth-a-look/")
    assert "refused 5 times" in text(page)
    [key] = [
        line[0].key for one in page.context["shown"] for line in one["lines"] if one["rule"].key == "refusals"
    ]
    assert auditor.post("/audit/worth-a-look/", {"key": key, "note": " "}).status_code == 422
    assert (
        auditor.post("/audit/worth-a-look/", {"key": "refusals:x", "note": "A role was missing."}).status_code
        == 404
    )
    assert (
        auditor.post("/audit/worth-a-look/", {"key": key, "note": "A role was missing."}).status_code == 302
    )
    row = Event.objects.get(action=rules.LOOKED)
    assert (row.stream, row.private_to, body(row)["facts"]["key"]) == (
        made.riverton.pk,
        made.riverton.pk,
        key,
    )
    assert "A role was missing." in text(auditor.get("/audit/worth-a-look/"))
    assert "A role was missing." not in text(browser(made.overseer).get("/audit/worth-a-look/"))
    with pytest.raises(PermissionDenied):
        looking.looked_at(key=key, note="x", actor=made.riverton_counsel, now=now)
    with pytest.raises(ValidationError):
        looking.looked_at(key=key, note="x" * 1001, actor=made.riverton_auditor, now=now)
