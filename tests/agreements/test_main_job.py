"""The whole main job through the operations: draft, share, return, approve, sign, executed, and what it leaves."""

from datetime import date, timedelta

import pytest

from agreements.lifecycle import StepNotOpen, open_steps
from agreements.models import Stage
from agreements.operations import approving, drafting, freezing, negotiating, signing
from agreements.operations.approving import NotWhatWasSeen
from audit import log
from audit.inspecting import Inspection
from audit.models import Event
from audit.sentences import sentence
from common.models import Job
from tests import builders
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db


def test_an_agreement_goes_from_draft_to_executed(made: World) -> None:
    agreement = builders.shared(made)
    assert agreement.turn == made.mesa
    negotiating.comment(agreement, text="Please shorten section 3.", actor=made.mesa_counsel, now=NOW)
    negotiating.return_text(agreement, actor=made.mesa_liaison, now=NOW)
    assert again(agreement).turn == made.riverton
    approving.submit(again(agreement), actor=made.riverton_liaison, now=NOW)
    seen = approving.submitted(agreement).sha256
    approving.approve(agreement, seen_hash=seen, actor=made.riverton_counsel, now=NOW)
    with pytest.raises(StepNotOpen, match="Still to approve: Mesa County District Attorney"):
        freezing.freeze(agreement, seen_hash=seen, actor=made.riverton_liaison, now=NOW)
    approving.approve(agreement, seen_hash=seen, actor=made.mesa_counsel, now=NOW)
    freezing.freeze(agreement, seen_hash=seen, actor=made.riverton_liaison, now=NOW)
    builders.sign(agreement, made.mesa_signatory)
    assert again(agreement).stage == Stage.SIGNING
    builders.sign(agreement, made.riverton_signatory)
    done = again(agreement)
    assert done.stage == Stage.EXECUTED
    assert str(done.effective_on) == "2026-03-02"
    assert Job.objects.filter(kind="pdf", key=f"pdf:{done.pk}").count() == 1
    events = Event.objects.filter(stream=done.pk).order_by("number")
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert all(sentence(event) for event in events)
    log.enter()
    assert list(Inspection(full=True).findings()) == []


def test_a_signature_binds_the_text_that_was_seen(made: World) -> None:
    agreement = builders.in_signing(made)
    with pytest.raises(NotWhatWasSeen):
        builders.sign(agreement, made.mesa_signatory, seen_hash="0" * 64)
    assert not agreement.signatures.exists()


def test_nobody_signs_twice(made: World) -> None:
    agreement = builders.in_signing(made)
    builders.sign(agreement, made.mesa_signatory)
    with pytest.raises(StepNotOpen, match="signed already"):
        builders.sign(agreement, made.mesa_signatory)
    assert agreement.signatures.count() == 1


def test_a_recall_voids_signatures_visibly(made: World) -> None:
    agreement = builders.in_signing(made)
    builders.sign(agreement, made.mesa_signatory)
    signing.recall(again(agreement), reason="Wrong annex.", actor=made.riverton_counsel, now=NOW)
    assert again(agreement).stage == Stage.NEGOTIATION
    assert agreement.signatures.get().void_reason == "Wrong annex."
    assert "edit" in [
        step.name for step in open_steps(again(agreement), made.riverton_liaison, today=NOW.date())
    ]


def test_a_private_comment_stays_in_its_agency(made: World) -> None:
    agreement = builders.shared(made)
    negotiating.comment(agreement, text="Our red line.", private=True, actor=made.mesa_counsel, now=NOW)
    event = Event.objects.get(stream=agreement.pk, action="comment.made_privately")
    assert event.private_to == made.mesa.pk
    mails = Job.objects.filter(kind="mail", payload__text__icontains="Our red line.")
    assert {job.owner for job in mails} <= {made.mesa_liaison.pk}


def test_the_last_signature_comes_too_late_once_the_last_day_has_passed(made: World) -> None:
    agreement = builders.completed(made, builders.drafted(made))
    drafting.edit(
        agreement.term, values={"kind": "fixed_date", "last_day": date(2026, 3, 5)}, actor=made.riverton_liaison,
        now=NOW,
    )  # fmt: skip
    negotiating.share(again(agreement), actor=made.riverton_liaison, now=NOW)
    approving.submit(again(agreement), actor=made.mesa_liaison, now=NOW)
    seen = approving.submitted(agreement).sha256
    approving.approve(agreement, seen_hash=seen, actor=made.riverton_counsel, now=NOW)
    approving.approve(agreement, seen_hash=seen, actor=made.mesa_counsel, now=NOW)
    freezing.freeze(agreement, seen_hash=seen, actor=made.riverton_liaison, now=NOW)
    builders.sign(agreement, made.riverton_signatory)
    with pytest.raises(StepNotOpen, match="end on 5 Mar 2026, before it takes effect on 12 Mar 2026"):
        builders.sign(agreement, made.mesa_signatory, now=NOW + timedelta(days=10))
    assert again(agreement).stage == Stage.SIGNING
