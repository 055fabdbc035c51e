"""Suggestions: made by those who wait, decided by those who have the text, never overwriting, never telling too much."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Provision, Suggestion, SuggestionKind, SuggestionState
from agreements.operations import drafting, negotiating, suggesting
from agreements.operations.placing import TextChanged
from agreements.operations.suggesting import Proposal
from audit.models import Event
from audit.sentences import sentence
from common.models import Job
from tests import builders
from tests.agreements.pages import browser, filled, text, url
from tests.api.calling import Program
from tests.builders import NOW, World, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
REPLACE, INSERT = SuggestionKind.REPLACE, SuggestionKind.INSERT
DELETE, MOVE = SuggestionKind.DELETE, SuggestionKind.MOVE


def rows_of(agreement: Agreement) -> list[Provision]:
    return list(agreement.provisions.filter(removed=False).order_by("position_in_order", "id"))


def suggested(made: World, agreement: Agreement, *proposals: Proposal) -> list[Suggestion]:
    """By Riverton, while Mesa has the turn."""
    return suggesting.suggest(agreement, proposals, actor=made.riverton_liaison, now=NOW)


def other_words(row: Provision, text: str = "Other words.") -> Proposal:
    return Proposal(REPLACE, provision=row.pk, heading=row.heading, text=text, reason="It is clearer.")


def test_each_kind_is_written_into_the_text_when_it_is_accepted(made: World) -> None:
    agreement = builders.shared(made)
    before = rows_of(agreement)
    first, second, third, fourth = before[1:5]
    found = suggested(
        made, agreement, other_words(first), Proposal(DELETE, provision=second.pk),
        Proposal(INSERT, heading="New", text="One more.", after=first.pk), Proposal(INSERT, text="And one.", follows=2),
        Proposal(MOVE, provision=fourth.pk, after=None),
    )  # fmt: skip
    for row in found:
        suggesting.accept(row, answer="Agreed.", actor=made.mesa_liaison, now=NOW)
    texts = [row.text for row in rows_of(agreement)]
    want = [
        fourth.text,
        before[0].text,
        "Other words.",
        "One more.",
        "And one.",
        third.text,
        *(r.text for r in before[5:]),
    ]
    assert texts == want
    assert set(Suggestion.objects.values_list("state", flat=True)) == {SuggestionState.ACCEPTED}


def test_rejecting_and_withdrawing_leave_the_text_as_it_is(made: World) -> None:
    agreement = builders.shared(made)
    before = [row.text for row in rows_of(agreement)]
    one, two = suggested(made, agreement, *(other_words(row) for row in rows_of(agreement)[:2]))
    suggesting.reject(one, answer="No.", actor=made.mesa_counsel, now=NOW)
    with pytest.raises(PermissionDenied):
        suggesting.withdraw(two, actor=made.mesa_counsel, now=NOW)
    suggesting.withdraw(two, actor=made.riverton_counsel, now=NOW)
    for row in (one, two):
        with pytest.raises(StepNotOpen, match="closed"):
            suggesting.accept(row, actor=made.mesa_liaison, now=NOW)
    assert [row.text for row in rows_of(agreement)] == before


def test_only_those_who_wait_suggest_and_only_those_with_the_turn_decide(made: World) -> None:
    agreement = builders.shared(made)
    proposal = other_words(rows_of(agreement)[0])
    with pytest.raises(StepNotOpen, match="your turn"):
        suggesting.suggest(agreement, [proposal], actor=made.mesa_liaison, now=NOW)
    for person in (made.riverton_signatory, made.riverton_auditor, made.outsider, made.overseer):
        with pytest.raises(PermissionDenied):
            suggesting.suggest(agreement, [proposal], actor=person, now=NOW)
    row = suggested(made, agreement, proposal)[0]
    for act in (suggesting.accept, suggesting.reject):
        with pytest.raises(StepNotOpen):
            act(row, actor=made.riverton_liaison, now=NOW)
    with pytest.raises(StepNotOpen):
        suggesting.suggest(builders.drafted(made), [proposal], actor=made.riverton_liaison, now=NOW)


def test_what_says_nothing_is_refused_in_words(made: World) -> None:
    agreement, other = builders.shared(made), builders.shared(made)
    row = rows_of(agreement)[0]
    wrong = [other_words(row, row.text), Proposal(INSERT), Proposal(REPLACE, text="x"), other_words(rows_of(other)[0]),
             Proposal(MOVE, provision=row.pk, after=row.pk), other_words(row, "a\x00b"), other_words(row, "x" * 60_001)]  # fmt: skip
    for proposal in wrong:
        with pytest.raises(ValidationError):
            suggested(made, agreement, proposal)
    fresh = drafting.add(
        agreement, Provision, values={"text": "Mesa's own"}, actor=made.mesa_liaison, now=NOW
    )
    with pytest.raises(ValidationError, match="handed over"):
        suggested(made, agreement, Proposal(DELETE, provision=fresh.pk))


def test_a_text_that_changed_since_is_shown_and_never_overwritten(made: World) -> None:
    agreement = builders.shared(made)
    live = rows_of(agreement)[1]
    row = suggested(made, agreement, other_words(live, f"{live.text} Suggested."))[0]
    drafting.edit(live, values={"text": f"Mesa first. {live.text}"}, actor=made.mesa_liaison, now=NOW)
    with pytest.raises(TextChanged):
        suggesting.accept(row, actor=made.mesa_liaison, now=NOW)
    mesa = browser(made.mesa_liaison)
    page = mesa.post(url(agreement, f"suggestions/{row.pk}/accept/"), {"answer": "Both are fine."})
    assert page.status_code == 409
    assert "inserted: Mesa first." in text(page)
    assert "Suggested." in text(page)
    sent = filled(page, text=f"Mesa first. {live.text} Suggested.")
    assert mesa.post(url(agreement, f"suggestions/{row.pk}/accept/"), sent).status_code == 302
    assert rows_of(agreement)[1].text == f"Mesa first. {live.text} Suggested."
    done = Suggestion.objects.get(pk=row.pk)
    assert (done.state, done.amended, done.answer) == (SuggestionState.ACCEPTED, True, "Both are fine.")


def test_a_suggestion_whose_words_are_gone_from_the_version_handed_over_is_outdated(made: World) -> None:
    agreement = builders.shared(made)
    changed, kept = rows_of(agreement)[1:3]
    suggested(made, agreement, other_words(changed), other_words(kept))
    drafting.edit(changed, values={"text": "Mesa's words."}, actor=made.mesa_liaison, now=NOW)
    states = Suggestion.objects.order_by("made_at", "provision__position_in_order").values_list(
        "state", flat=True
    )
    assert list(states) == ["open", "open"]
    negotiating.return_text(agreement, actor=made.mesa_liaison, now=NOW)
    assert list(states.all()) == ["outdated", "open"]


def test_nothing_of_the_draft_in_hand_reaches_those_who_wait(made: World) -> None:
    """Not by the decision, not by its event, not by a page, a mail or the API."""
    agreement = builders.shared(made)
    live, gone = rows_of(agreement)[1:3]
    rows = suggested(made, agreement, other_words(live), Proposal(DELETE, provision=gone.pk))
    secret = {"text": "kestrel-7731 words", "heading": "kestrel-7731 heading"}
    drafting.edit(live, values=secret, actor=made.mesa_liaison, now=NOW)
    seen = Provision.objects.get(pk=live.pk).last_event_id
    suggesting.accept(
        rows[0],
        text="kestrel-7731 merged",
        heading="kestrel-7731",
        seen=seen,
        actor=made.mesa_liaison,
        now=NOW,
    )
    suggesting.accept(rows[1], actor=made.mesa_liaison, now=NOW)
    negotiating.comment(agreement, text="See there.", provision=live, actor=made.mesa_liaison, now=NOW)
    riverton, program = browser(made.riverton_counsel), Program(made.riverton_counsel)
    for path in ("", "suggestions/", "suggestions/new/", "discussion/", "history/", "versions/"):
        page = riverton.get(url(agreement, path))
        assert page.status_code == 200, path
        assert b"kestrel-7731" not in page.content, path
    for path in ("suggestions/", "events/", "comments/", "provisions/"):
        assert "kestrel-7731" not in str(program.rows(f"agreements/{agreement.pk}/{path}")), path
    public = Event.objects.filter(stream=agreement.pk, private_to=None)
    assert not any(b"kestrel-7731" in bytes(event.body) for event in public)
    assert not any("kestrel-7731" in str(job.payload) for job in Job.objects.all())


def test_a_shared_comment_is_not_hung_on_what_the_others_have_not_seen(made: World) -> None:
    agreement = builders.shared(made)
    fresh = drafting.add(
        agreement, Provision, values={"text": "Mesa's own"}, actor=made.mesa_liaison, now=NOW
    )
    assert isinstance(fresh, Provision)
    with pytest.raises(ValidationError, match="not been shown"):
        negotiating.comment(agreement, text="Look.", provision=fresh, actor=made.mesa_liaison, now=NOW)
    negotiating.comment(
        agreement, text="Look.", provision=fresh, private=True, actor=made.mesa_liaison, now=NOW
    )


def test_whoever_has_the_turn_is_told_once_a_day_and_the_history_says_it(made: World) -> None:
    agreement = builders.shared(made)
    before = Job.objects.count()
    for row in rows_of(agreement)[:3]:
        suggested(made, agreement, other_words(row))
    mails = [job for job in Job.objects.all() if "Changes suggested" in str(job.payload)]
    assert {job.payload["to"] for job in mails} == {made.mesa_liaison.email, made.mesa_counsel.email}
    assert len(mails) == 2
    assert Job.objects.count() == before + 2
    event = Event.objects.filter(stream=agreement.pk, action="suggestion.made").first()
    assert event is not None
    assert "suggested a change to version 1" in sentence(event)


def test_on_the_pages_one_suggests_and_the_other_decides(made: World) -> None:
    agreement = builders.shared(made)
    live = rows_of(agreement)[1]
    riverton, mesa = browser(made.riverton_liaison), browser(made.mesa_liaison)
    assert "Suggest a change" in text(riverton.get(url(agreement)))
    page = riverton.get(url(agreement, f"suggestions/new/?about={live.pk}"))
    sent = filled(page, text=f"{live.text} In writing.", reason="So that it holds.")
    for _ in range(2):
        assert riverton.post(url(agreement, "suggestions/new/"), sent).status_code == 302
    row = Suggestion.objects.get()
    assert "inserted: In writing." in " ".join(text(mesa.get(url(agreement))).split())
    assert "So that it holds." in text(mesa.get(url(agreement, "suggestions/")))
    assert "Accept" not in text(riverton.get(url(agreement, "suggestions/"))).split("Open suggestions")[1]
    assert mesa.post(url(agreement, f"suggestions/{row.pk}/fly/"), {}).status_code == 404
    assert (
        mesa.post(url(agreement, f"suggestions/{row.pk}/reject/"), {"answer": "x" * 2001}).status_code == 400
    )
    assert mesa.post(url(agreement, f"suggestions/{row.pk}/accept/"), {"answer": "Yes."}).status_code == 302
    assert rows_of(agreement)[1].text == f"{live.text} In writing."
    assert mesa.get(url(agreement, "suggestions/new/")).status_code == 409
    bad = riverton.post(url(agreement, "suggestions/new/"), {"kind": "replace", "text": "Kept words"})
    assert bad.status_code == 400
    assert "Kept words" in text(bad)


def test_a_program_suggests_and_decides_with_the_state_it_has_read(made: World) -> None:
    agreement = builders.shared(made)
    live = rows_of(agreement)[1]
    path = f"agreements/{agreement.pk}/suggestions/"
    waits, decides = Program(made.riverton_liaison), Program(made.mesa_liaison)
    answer = waits.call(
        "post",
        path,
        {"kind": "replace", "provision": str(live.pk), "heading": live.heading, "text": "Short."},
    )
    assert answer.status_code == 201, answer.content
    row = decides.rows(path)[0]
    assert (row["state"], row["base_text"]) == ("open", live.text)
    accept = f"{path}{row['id']}/accept/"
    assert decides.call("post", accept, {}, on='"1"').status_code == 412
    assert decides.call("post", accept, {}).status_code == 428
    assert decides.call("post", accept, {"answer": "Yes."}, on=row["etag"]).json()["state"] == "accepted"
    assert rows_of(again(agreement))[1].text == "Short."
