"""The checks as people meet them: mended in one click, waived by counsel for a time, enforced at every step."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from agencies.operations.agencies import edit_agency
from agreements.checking import Checks, checks_of
from agreements.facts import judge
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Filing, Flow, Stage, Waiver
from agreements.models.snapshot import content_of
from agreements.operations import approving, drafting, ending, erasing, freezing, negotiating, waiving
from agreements.operations.refusing import Blocked
from audit import guards
from audit.models import Event
from audit.record import SYSTEM
from audit.sentences import sentence
from common import dates
from tests import builders
from tests.agreements.pages import browser, text, url
from tests.builders import NOW, World, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
TODAY = NOW.date()
UNTIL = TODAY + timedelta(days=30)


def weakened(made: World) -> Agreement:
    """In negotiation, Mesa's turn, with one flow that lacks multi-factor authentication: CJI-013 fails."""
    agreement = builders.completed(made, builders.drafted(made))
    drafting.edit(weak_flow(agreement), values={"mfa": False}, actor=made.riverton_liaison, now=NOW)
    negotiating.share(agreement, actor=made.riverton_liaison, now=NOW)
    return again(agreement)


@pytest.fixture
def weak(made: World) -> Agreement:
    return weakened(made)


def weak_flow(agreement: Agreement) -> Flow:
    found = Flow.objects.filter(agreement=agreement).order_by("position_in_order", "id").first()
    assert found
    return found


def waived(agreement: Agreement, made: World, *, until: date = UNTIL, who: str = "mesa_counsel") -> Waiver:
    return waiving.waive(
        agreement, rule="CJI-013", subject=str(weak_flow(agreement).pk), reason="Tokens arrive in May; IA-2(1).",
        until=until, actor=made.people[who], now=NOW,
    )  # fmt: skip


def behind(sql: str, key: object) -> None:
    """Change a row behind the application's back."""
    with guards.lifted(), connection.cursor() as cursor:
        cursor.execute(sql, [key])


def shown(agreement: Agreement) -> Checks:
    return checks_of(content_of(agreement), None, agreement=agreement, today=TODAY)


def results(agreement: Agreement, rule: str, today: date = TODAY) -> set[str]:
    found = judge(agreement, content_of(agreement), stage="after", today=today)
    return {one.result for one in found if one.rule == rule}


def test_a_block_stops_the_step_until_counsel_waives_it(weak: Agreement, made: World) -> None:
    with pytest.raises(Blocked, match="multi-factor"):
        approving.submit(weak, actor=made.mesa_liaison, now=NOW)
    waived(weak, made)
    approving.submit(again(weak), actor=made.mesa_liaison, now=NOW)
    assert again(weak).stage == Stage.APPROVAL


def test_a_waiver_is_an_event_with_its_reason_and_end(weak: Agreement, made: World) -> None:
    waived(weak, made)
    event = Event.objects.get(stream=weak.pk, action="requirement.waived")
    said = sentence(event)
    assert "CJI-013" in said and "Tokens arrive in May" in said and dates.day(UNTIL) in said
    assert event.private_to is None and event.agency == made.mesa.pk


def test_an_ended_waiver_counts_no_longer(weak: Agreement, made: World) -> None:
    waived(weak, made)
    assert results(weak, "CJI-013", UNTIL) == {"pass", "waived"}
    assert results(weak, "CJI-013", UNTIL + timedelta(days=1)) == {"pass", "fail"}


def test_a_waiver_that_ended_stops_the_freeze_and_the_signature(weak: Agreement, made: World) -> None:
    waived(weak, made)
    approving.submit(again(weak), actor=made.mesa_liaison, now=NOW)
    seen = approving.submitted(weak).sha256
    for who in ("riverton_counsel", "mesa_counsel"):
        approving.approve(weak, seen_hash=seen, actor=made.people[who], now=NOW)
    late = NOW + timedelta(days=31)
    with pytest.raises(Blocked):
        freezing.freeze(again(weak), seen_hash=seen, actor=made.riverton_liaison, now=late)
    freezing.freeze(again(weak), seen_hash=seen, actor=made.riverton_liaison, now=NOW)
    with pytest.raises(Blocked):
        builders.sign(again(weak), made.riverton_signatory, now=late)
    assert not weak.signatures.exists()
    builders.sign(again(weak), made.riverton_signatory)
    assert weak.signatures.count() == 1


def test_counsel_ends_a_waiver_with_a_reason(weak: Agreement, made: World) -> None:
    row = waived(weak, made)
    with pytest.raises(ValidationError):
        waiving.end_waiver(row, reason=" ", actor=made.riverton_counsel, now=NOW)
    waiving.end_waiver(row, reason="Tokens are here.", actor=made.riverton_counsel, now=NOW)
    assert results(weak, "CJI-013") == {"pass", "fail"}
    with pytest.raises(StepNotOpen):
        waiving.end_waiver(row, reason="Again.", actor=made.riverton_counsel, now=NOW)
    assert Event.objects.filter(stream=weak.pk, action="requirement.waiver_ended").count() == 1


@pytest.mark.parametrize(
    "who", ["mesa_liaison", "mesa_signatory", "riverton_administrator", "overseer", "outsider"]
)
def test_only_counsel_of_a_party_waives(weak: Agreement, made: World, who: str) -> None:
    with pytest.raises(PermissionDenied):
        waived(weak, made, who=who)


@pytest.mark.parametrize("days", [-1, 400])
def test_a_waiver_has_an_end_within_a_year(weak: Agreement, made: World, days: int) -> None:
    with pytest.raises(ValidationError, match="within one year"):
        waived(weak, made, until=TODAY + timedelta(days=days))


def test_what_is_in_order_or_can_not_be_waived_is_not(weak: Agreement, made: World) -> None:
    for rule in ("CJI-008", "CJI-999", "SIG-002"):
        with pytest.raises(StepNotOpen, match="nothing to waive"):
            waiving.waive(weak, rule=rule, reason="No.", until=UNTIL, actor=made.mesa_counsel, now=NOW)
    flow = weak_flow(weak)
    behind("UPDATE agreements_flow SET recipient_id = provider_id WHERE id = %s", flow.pk)
    with pytest.raises(StepNotOpen, match="can't be waived"):
        waiving.waive(weak, rule="DAT-002", subject=str(flow.pk), reason="No.", until=UNTIL, actor=made.mesa_counsel,
                      now=NOW)  # fmt: skip


def test_a_council_must_have_approved_before_signature(made: World) -> None:
    edit_agency(
        made.mesa, governing_body="County Commission", governing_body_approves=True, actor=SYSTEM, now=NOW
    )
    agreement = builders.approved(made)
    seen = approving.submitted(agreement).sha256
    with pytest.raises(Blocked, match="governing body") as stopped:
        freezing.freeze(agreement, seen_hash=seen, actor=made.riverton_liaison, now=NOW)
    mesa = agreement.parties.get(agency=made.mesa)
    assert stopped.value.findings[0].points_to == f"file/resolution/{mesa.pk}"
    values = {"reference": "Resolution 23-050", "on": TODAY, "party": mesa}
    waiving.record_filing(agreement, kind="resolution", values=values, actor=made.mesa_liaison, now=NOW)
    freezing.freeze(again(agreement), seen_hash=seen, actor=made.riverton_liaison, now=NOW)
    assert again(agreement).stage == Stage.SIGNING


def test_a_withdrawn_paper_counts_no_longer(made: World) -> None:
    agreement = builders.executed(made)
    assert results(agreement, "REC-001") == {"fail"}
    values = {"reference": "GS-7, item 3", "on": TODAY, "until": TODAY + timedelta(days=3650)}
    row = waiving.record_filing(
        agreement, kind="records_schedule", values=values, actor=made.mesa_counsel, now=NOW
    )
    assert results(agreement, "REC-001") == {"pass"}
    waiving.withdraw_filing(row, reason="Another schedule.", actor=made.mesa_counsel, now=NOW)
    assert results(agreement, "REC-001") == {"fail"}
    assert [e.action for e in Event.objects.filter(stream=agreement.pk, action__startswith="filing.").order_by("id")] == [
        "filing.recorded", "filing.withdrawn"]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("resolutions", {}, "kind"),
        ("resolution", {}, "party"),
        ("records_schedule", {"until": TODAY - timedelta(days=1)}, "until"),
        ("records_schedule", {"reference": " "}, "reference"),
    ],
)
def test_a_paper_is_refused_in_words(made: World, kind: str, values: dict[str, Any], field: str) -> None:
    agreement = builders.drafted(made)
    with pytest.raises(ValidationError) as wrong:
        waiving.record_filing(agreement, kind=kind, values={"reference": "No. 1", "on": TODAY, **values},
                              actor=made.riverton_liaison, now=NOW)  # fmt: skip
    assert field in wrong.value.error_dict
    assert not Filing.objects.exists()


def test_data_that_flows_under_an_agreement_that_is_over_is_an_incident(made: World) -> None:
    agreement = builders.executed(made, terms={"months": 1})
    soon = TODAY + timedelta(days=20)
    ending.suspend(agreement, grounds="Audit.", from_on=soon, actor=made.mesa_counsel, now=NOW)
    behind("UPDATE agreements_flow SET status = 'live' WHERE agreement_id = %s", agreement.pk)
    assert results(agreement, "TRM-007") == {"na"}
    late = NOW + timedelta(days=40)
    found = judge(again(agreement), content_of(agreement), stage="after", today=late.date())
    assert {one.result for one in found if one.rule == "TRM-007"} == {"fail"}
    with pytest.raises(Blocked, match="still flowing"):
        ending.resume(again(agreement), reason="Go on.", actor=made.mesa_counsel, now=late)
    much_later = late.date() + timedelta(days=365)
    found = judge(again(agreement), content_of(agreement), stage="after", today=much_later)
    assert {one.result for one in found if one.rule == "TRM-011"} >= {"fail"}


def test_a_signature_is_tied_to_the_document_it_was_given_for(made: World) -> None:
    agreement = builders.executed(made)
    assert results(agreement, "SIG-001") == results(agreement, "SIG-002") == {"pass"}
    row = agreement.signatures.order_by("pk").first()
    behind(
        "UPDATE agreements_signature SET document_sha256 = repeat('0', 64) WHERE id = %s",
        row.pk if row else None,
    )
    assert results(agreement, "SIG-001") == results(agreement, "SIG-002") == {"pass", "fail"}


def test_nothing_is_erased_under_a_legal_hold(made: World) -> None:
    agreement = builders.shared(made)
    negotiating.comment(agreement, text="Ask Jane Roe.", actor=made.riverton_liaison, now=NOW)
    event = Event.objects.get(stream=agreement.pk, action="comment.made")
    row = erasing.ask(
        event, agreement, reason="Sealed.", order="24-117", actor=made.riverton_administrator, now=NOW
    )
    hold = waiving.record_filing(agreement, kind="legal_hold", values={"reference": "26-CV-9", "on": TODAY},
                                 actor=made.mesa_counsel, now=NOW)  # fmt: skip
    with pytest.raises(StepNotOpen, match="legal hold"):
        erasing.confirm(row, agreement, actor=made.riverton_counsel, now=NOW)
    assert results(agreement, "REC-002") == set()
    waiving.withdraw_filing(hold, reason="Lifted.", actor=made.mesa_counsel, now=NOW)
    assert erasing.confirm(row, agreement, actor=made.riverton_counsel, now=NOW)


def test_the_optional_pack_is_asked_only_where_it_is_switched_on(made: World, settings: Any) -> None:
    agreement = builders.drafted(made)
    assert "Core" in {pack.name for pack in shown(agreement).packs}
    assert results(agreement, "CJI-022") == set()
    settings.RULE_PACKS = ["extended"]
    assert results(agreement, "CJI-022") == {"pass"}
    assert "Extended" in text(browser(made.riverton_liaison).get(url(agreement, "checks/")))
