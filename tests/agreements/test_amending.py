"""An amendment is an agreement of its own: drafted, approved, signed; then the text, the dates and the cover change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from agreements import amended, coverage, policy, redline, standing, texts
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Amendment, FlowStatus, Stage
from agreements.models.snapshot import content_of
from agreements.numbering import labels_of
from agreements.operations import amending, approving, drafting, ending, flowing, freezing, negotiating
from audit.models import Event
from audit.sentences import sentence
from tests import builders
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db
TERMS = {"months": 12, "renewal": "none"}
LATER = NOW + timedelta(days=60)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 19, tzinfo=UTC)


def begun(made: World, agreement: Agreement, now: datetime = LATER, **said: Any) -> Agreement:
    return amending.amend(again(agreement), actor=made.riverton_liaison, now=now, **said)


def to_signing(made: World, draft: Agreement, now: datetime = LATER) -> Agreement:
    """Shared, submitted, approved by both and frozen."""
    negotiating.share(again(draft), actor=made.riverton_liaison, now=now)
    approving.submit(again(draft), actor=made.mesa_liaison, now=now)
    seen = approving.submitted(draft).sha256
    for counsel in (made.riverton_counsel, made.mesa_counsel):
        approving.approve(again(draft), seen_hash=seen, actor=counsel, now=now)
    freezing.freeze(again(draft), seen_hash=seen, actor=made.riverton_liaison, now=now)
    return again(draft)


def signed(made: World, draft: Agreement, now: datetime = LATER) -> Agreement:
    frozen = to_signing(made, draft, now)
    for signatory in (made.riverton_signatory, made.mesa_signatory):
        builders.sign(frozen, signatory, now=now)
    return again(draft)


def changed(made: World, draft: Agreement, now: datetime = LATER) -> str:
    """A longer term, another word in the first provision, one dataset less; the name of that dataset."""
    who = made.riverton_liaison
    drafting.edit(draft.term, values={"months": 24}, actor=who, now=now)
    provision = draft.provisions.filter(removed=False).order_by("position_in_order")[1]
    drafting.edit(
        provision, values={"text": f"{provision.text} Both parties train together."}, actor=who, now=now
    )
    dataset = draft.datasets.filter(removed=False).order_by("position_in_order").first()
    assert dataset is not None
    drafting.remove(dataset, actor=who, now=now)
    return dataset.name


@pytest.fixture
def agreement(made: World) -> Agreement:
    return builders.executed(made, terms=TERMS)


def test_it_begins_as_the_agreed_text_and_a_change_is_shown_field_by_field(
    made: World, agreement: Agreement
) -> None:
    draft = begun(made, agreement)
    assert (draft.stage, draft.parent_id, draft.kind) == (Stage.DRAFT, agreement.pk, "amendment")
    content = content_of(draft)
    before, after = amending.changes(draft, content) or ({}, {})
    numbers = labels_of(content)
    assert {key: numbers[str(amended.copy_id(draft.pk, key))] for key in labels_of(before)} == labels_of(
        before
    )
    assert redline.compare(before, after).summary == "Nothing", "a copy changes nothing"
    name = changed(made, draft)
    before, after = amending.changes(again(draft), content_of(again(draft))) or ({}, {})
    found = redline.compare(before, after)
    assert [row.kind for row in found.provisions] == ["changed"]
    facts = {(row.name, row.old, row.new) for row in found.facts}
    assert ("Length", "12 months", "24 months") in facts
    assert any(row.where == name and not row.new for row in found.facts)


def test_only_ones_own_agency_sees_the_draft_of_an_amendment(made: World, agreement: Agreement) -> None:
    draft = begun(made, agreement)
    assert not policy.visible(made.mesa_counsel, today=LATER.date()).filter(pk=draft.pk).exists()
    for person in ("riverton_signatory", "riverton_auditor", "outsider"):
        with pytest.raises(PermissionDenied):
            amending.amend(again(agreement), actor=made.people[person], now=LATER)


def test_with_its_last_signature_text_dates_and_cover_change_from_its_day(
    made: World, agreement: Agreement
) -> None:
    flows = coverage.flows_covered(agreement, day=NOW.date())
    draft = begun(made, agreement)
    name = changed(made, draft)
    signed(made, draft)
    done, since = again(agreement), LATER.date()
    assert (
        done.stage == Stage.EXECUTED and done.last_day == date(2028, 3, 1) and done.effective_on == NOW.date()
    )
    row = Amendment.objects.get(agreement=draft)
    assert (row.effective_on, row.result) == (since, texts.agreed(done))
    assert row.result is not None and row.result.content == content_of(done), (
        "the live rows are the conformed text"
    )
    assert done.frozen == agreement.frozen, "what was signed first stays what was signed first"
    gone = {f.pk for f in coverage.flows(done) if f.dataset.name == name}
    assert gone and coverage.flows_covered(done, day=since - timedelta(days=1)) == flows
    assert coverage.flows_covered(done, day=since) == flows - gone
    assert coverage.flows_covered(done, day=date(2028, 3, 1)) == flows - gone
    said = sentence(Event.objects.get(stream=done.pk, action="agreement.amended"))
    assert draft.reference in said and "to 1 Mar 2028" in said


def test_the_conformed_text_of_any_day(made: World, agreement: Agreement) -> None:
    draft = begun(made, agreement, takes_effect_on=date(2026, 7, 1))
    name = changed(made, draft)
    signed(made, draft)
    done = again(agreement)
    for day, months in ((date(2026, 6, 30), 12), (date(2026, 7, 1), 24)):
        text = texts.on(done, day)
        assert text is not None and text.content["term"]["months"] == months
        assert (name in {row["name"] for row in text.content["datasets"]}) == (months == 12)
        assert text.content["title"] == agreement.title and "amends" not in text.content
    opening = amended.copy_id(draft.pk, agreement.pk)
    found = texts.agreed(done)
    assert found is not None and str(amended.copy_id(draft.pk, opening)) not in found.canonical


def test_an_instrument_covers_nothing_and_has_no_dates_of_its_own(made: World, agreement: Agreement) -> None:
    draft = begun(made, agreement)
    done = signed(made, draft)
    assert (done.effective_on, done.last_day, done.review_due_on) == (LATER.date(), None, None)
    assert not coverage.spans_of(done)
    assert standing.of(done, today=LATER.date()).key == "in_force"


def test_data_that_goes_on_after_an_amendment_took_it_out_is_an_incident(
    made: World, agreement: Agreement
) -> None:
    draft = begun(made, agreement)
    name = changed(made, draft)
    flow = agreement.flows.filter(dataset__name=name).first()
    assert flow is not None
    flowing.mark(
        again(agreement), flow=flow, status=FlowStatus.LIVE, reason="x", actor=made.mesa_liaison, now=LATER
    )
    signed(made, draft)
    (found,) = coverage.incidents([made.mesa.pk], today=LATER.date())
    assert found.flow == flow and found.since == LATER.date() - timedelta(days=1)
    flowing.mark(
        again(agreement),
        flow=flow,
        status=FlowStatus.ENDED,
        reason="Cut.",
        actor=made.mesa_liaison,
        now=LATER,
    )
    assert not coverage.incidents([made.mesa.pk], today=LATER.date())


def test_a_second_amendment_begins_from_the_first_and_one_drafted_before_it_is_refused(
    made: World, agreement: Agreement
) -> None:
    first, stale = begun(made, agreement), begun(made, agreement)
    drafting.edit(first.term, values={"months": 24}, actor=made.riverton_liaison, now=LATER)
    signed(made, first)
    with pytest.raises(StepNotOpen, match="was changed meanwhile"):
        to_signing(made, stale)
    second = begun(made, agreement)
    assert second.term.months == 24
    drafting.edit(second.term, values={"review_months": 6}, actor=made.riverton_liaison, now=LATER)
    signed(made, second)
    assert [
        row.number for row in agreement.amendments.filter(effective_on__isnull=False).order_by("number")
    ] == [1, 2]
    found = texts.agreed(again(agreement))
    assert found is not None and (
        found.content["term"]["months"],
        found.content["term"]["review_months"],
    ) == (24, 6)


def test_signed_after_the_last_day_it_extends_nothing(made: World, agreement: Agreement) -> None:
    draft = begun(made, agreement)
    drafting.edit(draft.term, values={"months": 24}, actor=made.riverton_liaison, now=LATER)
    over = at(date(2027, 3, 2))
    frozen = builders.still_open(made, to_signing(made, draft), now=at(date(2027, 2, 20)))
    builders.sign(frozen, made.riverton_signatory, now=at(date(2027, 3, 1)))
    with pytest.raises(StepNotOpen, match="ended by its own terms on 1 Mar 2027"):
        builders.sign(frozen, made.mesa_signatory, now=over)
    assert again(agreement).last_day == date(2027, 3, 1)
    with pytest.raises(StepNotOpen, match="an amendment after the last day revives nothing"):
        begun(made, agreement, over)


def test_one_signed_on_the_last_day_extends(made: World, agreement: Agreement) -> None:
    draft = begun(made, agreement, at(date(2027, 2, 20)))
    drafting.edit(draft.term, values={"months": 24}, actor=made.riverton_liaison, now=at(date(2027, 2, 20)))
    frozen = to_signing(made, draft, at(date(2027, 2, 25)))
    for who in (made.riverton_signatory, made.mesa_signatory):
        builders.sign(frozen, who, now=at(date(2027, 3, 1)))
    assert again(agreement).last_day == date(2028, 3, 1)


def test_a_backdated_change_is_refused_and_one_signed_late_holds_from_its_signature(
    made: World, agreement: Agreement
) -> None:
    with pytest.raises(ValidationError, match="can't take effect in the past"):
        begun(made, agreement, takes_effect_on=LATER.date() - timedelta(days=1))
    draft = begun(made, agreement, takes_effect_on=LATER.date() + timedelta(days=2))
    late = LATER + timedelta(days=9)
    signed(made, draft, late)
    assert again(draft).effective_on == late.date()


def test_what_an_amendment_may_not_change_is_refused_with_its_rule(made: World, agreement: Agreement) -> None:
    draft = begun(made, agreement)
    drafting.edit(draft.term, values={"effective_rule": "date", "effective_on": date(2020, 1, 1)}, actor=made.riverton_liaison,
                  now=LATER)  # fmt: skip
    with pytest.raises(StepNotOpen, match="can't change when the agreement began"):
        to_signing(made, draft)
    short = begun(made, agreement)
    drafting.edit(short.term, values={"months": 1}, actor=made.riverton_liaison, now=LATER)
    with pytest.raises(StepNotOpen, match="would end on 1 Apr 2026"):
        to_signing(made, short)


def test_nothing_is_amended_once_it_was_ended(made: World, agreement: Agreement) -> None:
    frozen = to_signing(made, begun(made, agreement))
    ending.terminate(again(agreement), ground="mutual", reason="x", actor=made.mesa_counsel, now=LATER)
    with pytest.raises(StepNotOpen, match="there is nothing to amend"):
        builders.sign(frozen, made.riverton_signatory, now=LATER)
