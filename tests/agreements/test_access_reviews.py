"""The quarterly review of access: who is asked when, what signing off does, and what it refuses."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from agencies import quarters
from agencies.models import AccessReview, Membership, Role, SigningAuthority
from agencies.operations.roles import grant_membership
from agreements.access import reviews
from agreements.models import Agreement, AgreementUserObjectPermission
from agreements.operations import granting, reviewing_access
from audit.models import Event
from audit.record import SYSTEM
from audit.sentences import body
from common.models import Job
from tests import builders
from tests.agreements.pages import browser, text
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db

LATER = datetime(2026, 4, 2, 15, 0, tzinfo=NOW.tzinfo)
OVERDUE = datetime(2026, 5, 4, 15, 0, tzinfo=NOW.tzinfo)
SECOND = date(2026, 4, 1)
SAID = "I have looked at all of it."


def decided(made: World, *ended: str, now: datetime = LATER) -> dict[str, str]:
    """Keep everything but the rights whose words or person are named."""
    rows = reviews.rows(made.riverton, today=now.date())
    gone = {row.key for row in rows if any(word in f"{row.person.name}: {row.right}" for word in ended)}
    return {row.key: "end" if row.key in gone else "keep" for row in rows}


def signed(made: World, decisions: dict[str, str], **facts: Any) -> AccessReview:
    said = {"quarter": SECOND, "statement": SAID, "actor": made.riverton_administrator, "now": LATER} | facts
    return reviewing_access.sign_off(made.riverton, decisions=decisions, **said)


def granted(made: World) -> Agreement:
    agreement = builders.executed(made)
    granting.grant(agreement, person=made.outsider, conveys="export", until=LATER.date() + timedelta(days=60),
                   reason="An audit.", actor=made.riverton_counsel, now=NOW)  # fmt: skip
    return agreement


def test_the_list_holds_every_role_authority_and_grant_of_the_agency(made: World) -> None:
    agreement = granted(made)
    found = {(row.person.name, row.right) for row in reviews.rows(made.riverton, today=LATER.date())}
    roles = {(f"Riverton {Role(role).label}", Role(role).label) for role in builders.ROLES}
    signs = {("Riverton Signatory", "May sign: C.R.S. 24-72-305, head of the agency")}
    assert found == roles | signs | {("Outsider", f"Grant on {agreement.reference}: export and view")}


def test_what_is_ended_ends_and_the_review_says_so(made: World) -> None:
    agreement = granted(made)
    review = signed(made, decided(made, "Riverton Liaison", "May sign", "Grant on"))
    assert (review.kept, review.ended) == (4, 3)
    assert Membership.objects.get(user=made.riverton_liaison).until == LATER.date()
    assert SigningAuthority.objects.get(person=made.riverton_signatory).until == LATER.date()
    assert not AgreementUserObjectPermission.objects.filter(content_object=agreement).exists()
    event = Event.objects.get(action="access.reviewed")
    facts, change = body(event)["facts"], body(event)["changes"][0]["fields"]
    assert (facts["kept"], facts["ended"], facts["statement"], event.actor) == (
        4,
        3,
        SAID,
        made.riverton_administrator.pk,
    )
    assert sorted(row["decision"] for row in change["decisions"][1]) == ["end"] * 3 + ["keep"] * 4


def test_an_administrator_who_ends_their_own_role_ends_the_others_first(made: World) -> None:
    grant_membership(made.riverton, made.riverton_counsel, role="administrator", actor=SYSTEM, now=NOW)
    signed(made, decided(made, "Riverton Administrator", "Riverton Liaison"))
    assert Membership.objects.get(user=made.riverton_administrator).until == LATER.date()
    assert Membership.objects.get(user=made.riverton_liaison).until == LATER.date()


def test_refused_reviews_change_nothing(made: World) -> None:
    decisions = decided(made, "Riverton Liaison")
    refusals: list[tuple[dict[str, str], dict[str, Any]]] = [
        (dict.fromkeys(list(decisions)[1:], "keep"), {}),
        (decisions | {"role:unknown": "keep"}, {}),
        (dict.fromkeys(decisions, "perhaps"), {}),
        (decisions, {"statement": "  "}),
        (decisions, {"quarter": date(2026, 1, 1)}),
        (decided(made, "Administrator", "Liaison"), {}),  # nobody would administer it
    ]
    for wrong, facts in refusals:
        with pytest.raises(ValidationError):
            signed(made, wrong, **facts)
    for key in ("riverton_auditor", "riverton_counsel", "mesa_administrator", "overseer"):
        with pytest.raises(PermissionDenied):
            signed(made, decisions, actor=made.people[key])
    assert not AccessReview.objects.exists()
    assert Membership.objects.get(user=made.riverton_liaison).until is None
    signed(made, decisions)
    with pytest.raises(ValidationError, match="signed off this quarter"):
        signed(made, decided(made))


def test_administrators_are_asked_once_when_the_quarter_begins_and_once_when_it_is_late(made: World) -> None:
    def mails() -> list[str]:
        rows = Job.objects.filter(key__startswith="mail:access-review:", owner=made.riverton_administrator.pk)
        return [row.payload["subject"] for row in rows.order_by("id")]

    reviewing_access.remind(now=NOW)
    assert mails() == [], "nobody had a role when the quarter of the beginning began"
    for now in (LATER, LATER + timedelta(days=3), OVERDUE, OVERDUE + timedelta(days=3)):
        reviewing_access.remind(now=now)
    name = made.riverton.short_name
    assert mails() == [f"Access review Q2 2026 of {name}", f"Overdue: Access review Q2 2026 of {name}"]
    assert [row.overdue for row in reviews.waiting([made.riverton.pk], today=OVERDUE.date())] == [True]
    signed(made, decided(made))
    assert reviews.waiting([made.riverton.pk], today=OVERDUE.date()) == []


def test_quarters_begin_on_their_first_day() -> None:
    days = {
        date(2026, 1, 1): "Q1 2026",
        date(2026, 3, 31): "Q1 2026",
        date(2026, 4, 1): "Q2 2026",
        date(2026, 12, 31): "Q4 2026",
    }
    assert {day: quarters.named(quarters.quarter_of(day)) for day in days} == days


def test_a_review_is_done_on_its_page_and_read_by_auditors(made: World) -> None:
    address = f"/agencies/{made.riverton.slug}/reviews/"
    administrator, auditor = browser(made.riverton_administrator), browser(made.riverton_auditor)
    assert "Review who has access" in text(administrator.get("/"))
    now = timezone.now()
    sent = decided(made, "Riverton Liaison", now=now) | {"statement": SAID}
    assert auditor.post(address, sent).status_code == 403
    missing = {name: value for name, value in sent.items() if not name.startswith("authority")}
    assert administrator.post(address, missing).status_code == 422
    assert administrator.post(address, sent).status_code == 302
    review = AccessReview.objects.get()
    assert review.ended == 1
    assert "Review who has access" not in text(administrator.get("/"))
    page = text(auditor.get(f"{address}{review.pk}/"))
    assert SAID in page and "Riverton Liaison" in page and "Ended" in page
    assert browser(made.mesa_auditor).get(f"{address}{review.pk}/").status_code == 404
