"""What rests on another agreement, what replaces one, and a signatory who goes: told in time, never done in silence."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from agencies.operations.roles import retire_membership
from agreements import board, coverage, relations, standing
from agreements.board import Scope
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Stage
from agreements.operations import amending, drafting, ending, relating, reviewing, stating
from audit.models import Event
from audit.sentences import sentence
from common.models import Job
from tests import builders
from tests.agreements import several
from tests.agreements.pages import text
from tests.api.calling import Program, url
from tests.builders import NOW, World, again

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=20)


def relate(made: World, agreement: Agreement, now: datetime = LATER, **said: Any) -> Agreement:
    return relating.relate(again(agreement), actor=made.riverton_liaison, now=now, **said)


def told(made: World, key: str) -> list[str]:
    """The mails to Mesa's counsel whose key begins so."""
    jobs = Job.objects.filter(key__startswith=f"mail:{key}") | Job.objects.filter(key__startswith=key)
    return [job.payload["text"] for job in jobs if job.payload.get("to") == made.mesa_counsel.email]


def test_what_rests_on_an_agreement_is_told_when_that_is_suspended_or_ends(made: World) -> None:
    parent, child = builders.executed(made, title="User agreement"), builders.executed(made, title="Exchange")
    relate(made, child, parent=parent)
    first = relations.notes(again(child), made.mesa_counsel, today=LATER.date())
    assert any("It rests on" in note.words and "in force until" in note.words for note in first)
    ending.suspend(parent, grounds="Audit.", from_on=LATER.date(), actor=made.mesa_counsel, now=LATER)
    ending.terminate(again(parent), ground="mutual", reason="x", actor=made.mesa_counsel, now=LATER)
    (note,) = (
        n
        for n in relations.notes(again(child), made.mesa_counsel, today=date(2026, 5, 1))
        if "rests on" in n.words
    )
    assert note.tone == "warning" and "which is ended" in note.words
    mails = told(made, f"parent:{child.pk}")
    assert any("suspended from 22 Mar 2026 on" in mail for mail in mails) and any(
        "it ends on" in mail for mail in mails
    )
    assert standing.of(again(child), today=LATER.date()).in_force, "it is an alert, not an end"


def test_links_go_one_way_to_executed_agreements_that_one_reads(made: World) -> None:
    parent, child = builders.executed(made, title="One"), builders.executed(made, title="Two")
    relate(made, child, parent=parent)
    for wrong, words in ((child, "executed agreement"), (builders.drafted(made), "executed agreement")):
        with pytest.raises(ValidationError, match=words):
            relate(made, child, parent=wrong)
    with pytest.raises(ValidationError, match="rests on this one already"):
        relate(made, parent, parent=child)
    with pytest.raises(ValidationError, match="can't be changed any more"):
        relate(made, child, parent=parent, supersedes=parent)
    assert relate(made, child, parent=parent, supersedes=None).parent == parent
    assert relate(made, child).parent is None, "none given is none"
    draft = amending.amend(parent, actor=made.riverton_liaison, now=LATER)
    with pytest.raises(StepNotOpen, match="changes another agreement"):
        relate(made, draft, parent=child)


def test_a_successor_ends_what_it_replaces_the_day_before_and_names_what_loses_cover(made: World) -> None:
    old = builders.executed(made)
    draft = builders.completed(made, builders.drafted(made, title="The next one"))
    dataset = draft.datasets.filter(removed=False).first()
    assert dataset is not None
    drafting.remove(dataset, actor=made.riverton_liaison, now=NOW)
    relate(made, draft, supersedes=old)
    several.signed(made, draft, now=LATER)
    done, first = again(old), LATER.date() + timedelta(days=1)
    assert (done.stage, done.ended_how, done.ended_on) == (Stage.ENDED, "superseded", LATER.date())
    assert not coverage.flows_covered(done, day=first)
    said = Event.objects.get(stream=old.pk, action="agreement.superseded")
    assert dataset.name in sentence(said)
    notes = relations.notes(again(draft), made.mesa_counsel, today=LATER.date())
    assert any(dataset.name in note.words and note.tone == "warning" for note in notes)


def test_the_days_between_a_lapsed_agreement_and_its_successor_are_said_to_be_without_cover(
    made: World,
) -> None:
    old = builders.imported(made, last_day=date(2025, 12, 31))
    draft = builders.completed(made, builders.drafted(made, title="The next one"))
    relate(made, draft, now=NOW, supersedes=old)
    done = several.signed(made, draft)
    notes = relations.notes(done, made.mesa_counsel, today=NOW.date())
    assert any("ended on 31 Dec 2025: 60 days in between are without cover" in note.words for note in notes)
    assert again(old).stage == Stage.EXECUTED and standing.of(again(old), today=NOW.date()).key == "lapsed"


def test_nobody_loses_an_agreement_by_a_successor_they_do_not_sign(made: World) -> None:
    old = several.executed(made, "mesa", "harbor")
    draft = builders.completed(made, builders.drafted(made, title="The next one"))
    relate(made, draft, supersedes=old)
    with pytest.raises(StepNotOpen, match="Harbor School District would lose that agreement"):
        several.frozen(made, draft, now=LATER)


def test_a_signatory_who_goes_makes_a_review_due_once_and_ends_nothing(made: World) -> None:
    agreement = builders.executed(made)
    due = agreement.review_due_on
    member = made.mesa_signatory.memberships.get(role="signatory")
    retire_membership(member, actor=made.mesa_administrator, now=LATER)
    after = LATER + timedelta(days=2)
    for _ in range(2):
        stating.due(now=after)
    opened = again(agreement)
    assert opened.review_due_on == after.date() != due and standing.of(opened, today=after.date()).in_force
    said = Event.objects.filter(stream=agreement.pk, action="agreement.review_opened")
    assert said.count() == 1 and "no longer signs" in sentence(said.get())
    assert board.page(Scope((made.riverton.pk,)), today=after.date() + timedelta(days=1)).of("now")
    reviewing.decide(opened, outcome="continue", reason="x", actor=made.riverton_counsel, now=after)
    stating.due(now=after + timedelta(days=3))
    assert said.count() == 1, "what was decided on stays decided"


def test_the_pages_of_an_instrument_and_of_the_text_on_a_day(
    made: World, client: Client, today: None
) -> None:
    agreement = builders.executed(made, terms={"months": 12})
    client.force_login(made.riverton_liaison)
    answer = client.post(f"{agreement.get_absolute_url()}steps/amend/", {"takes_effect_on": "2026-07-01"})
    draft = Agreement.objects.get(parent=agreement)
    assert answer["Location"] == f"{draft.get_absolute_url()}draft/"
    assert client.get(answer["Location"], follow=True).status_code == 200
    drafting.edit(draft.term, values={"months": 24}, actor=made.riverton_liaison, now=NOW)
    shown = text(client.get(f"{draft.get_absolute_url()}changes/"))
    assert (
        "What it changes in" in shown
        and "12 months" in shown
        and "24 months" in shown
        and "1 Jul 2026" in shown
    )
    several.signed(made, draft)
    page = client.get(f"{agreement.get_absolute_url()}text/", {"on": "2026-06-30"})
    assert "Version 2" in text(page) and "Changed from 1 Jul 2026 on" in text(page)
    assert "As changed by" in text(client.get(f"{agreement.get_absolute_url()}text/", {"on": "2026-07-01"}))
    assert client.get(f"{agreement.get_absolute_url()}text/", {"on": "soon"}).status_code == 400
    assert "changes it from 1 Jul 2026 on" in text(client.get(agreement.get_absolute_url()))
    assert draft.title in text(client.get(f"{agreement.get_absolute_url()}dates/"))


def test_a_program_amends_and_reads_what_came_of_it(made: World, today: None) -> None:
    agreement = builders.executed(made, terms={"months": 12, "renewal": "option", "renewal_months": 12})
    program = Program(made.riverton_liaison)
    answer = program.act("post", url(agreement, "steps/amend/"), {})
    draft = Agreement.objects.get(parent=agreement)
    assert answer["Location"].endswith(f"/agreements/{draft.pk}/")
    drafting.edit(draft.term, values={"months": 24}, actor=made.riverton_liaison, now=NOW)
    assert ("Length", "24 months") in {
        (row["name"], row["new"]) for row in program.get(url(draft, "changes/")).json()["facts"]
    }
    assert Program(made.mesa_liaison).rows(url(agreement, "amendments/")) == [], "a draft is its own agency's"
    several.signed(made, draft)
    (row,) = Program(made.mesa_liaison).rows(url(agreement, "amendments/"))
    assert (row["effective_on"], row["result"], row["kind"]) == ("2026-03-02", 3, "amendment")
    assert program.get(url(agreement, "text/?on=2026-03-02")).json()["term"]["months"] == 24
    assert program.get(url(agreement, "text/?on=2026-02-30"), status=400)
    counsel = Program(made.mesa_counsel)
    said = {"number": 1, "reason": "It works."}
    counsel.act("post", url(agreement, "steps/renew/"), said)
    counsel.act("post", url(agreement, "steps/renew/"), said, status=409)
    assert [row["last_on"] for row in counsel.rows(url(agreement, "renewals/"))] == ["2029-03-01"]
    other = agreement.parties.get(agency=made.riverton)
    counsel.act("post", url(agreement, "steps/breach/"), {"party": str(other.pk), "what": "No log."})
    (breach,) = counsel.rows(url(agreement, "breaches/"))
    assert breach["cure_by"] == "2026-04-01"
    counsel.act("post", url(agreement, "steps/cure/"), {"breach": breach["id"], "how": "Kept."})
    counsel.act("post", url(agreement, "steps/terminate/"), {"ground": "notice", "reason": "x"})
    assert [row["ground"] for row in counsel.rows(url(agreement, "notices/"))] == ["notice"]
