"""The whole job through the pages, and what each step's page answers when it can't be taken."""

from typing import Any

import pytest

from agreements.models import Agreement, Stage
from agreements.views.steps import PAGES
from tests import builders
from tests.agreements.pages import browser, filled, text, url
from tests.builders import PASSWORD, World, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def take(who: Any, agreement: Agreement, name: str, **answers: Any) -> Any:
    """Open a step's page and send its form."""
    client = browser(who)
    page = client.get(url(agreement, f"steps/{name}/"))
    assert page.status_code == 200, text(page)
    return client.post(url(agreement, f"steps/{name}/"), filled(page, **answers))


def test_two_agencies_go_from_draft_to_signed_through_the_pages_alone(made: World) -> None:
    agreement = builders.completed(made, builders.drafted(made))
    assert "Share with" in text(browser(made.riverton_liaison).get(url(agreement, "steps/share/")))
    assert take(made.riverton_liaison, agreement, "share", note="Please read section 2.").status_code == 302
    assert take(made.mesa_liaison, agreement, "return", note="Fine.").status_code == 302
    assert take(made.riverton_liaison, agreement, "submit").status_code == 302
    assert take(made.riverton_counsel, agreement, "approve").status_code == 302
    waiting = browser(made.riverton_liaison).get(url(agreement))
    assert "Waiting for Mesa County District Attorney" in text(waiting)
    assert take(made.mesa_counsel, agreement, "approve").status_code == 302
    assert take(made.riverton_liaison, agreement, "freeze").status_code == 302
    for who in (made.mesa_signatory, made.riverton_signatory):
        client = browser(who)
        page = client.get(url(agreement, "sign/"))
        sent = filled(page, typed_name=who.name, consent="on", password=PASSWORD, code=builders.code(who))
        assert client.post(url(agreement, "sign/"), sent).status_code == 302
        assert "Your receipt" in text(client.get(url(agreement, "sign/")))
    done = again(agreement)
    assert done.stage == Stage.EXECUTED
    assert {row.ip for row in done.signatures.all()} == {"127.0.0.1"}
    assert "In force" in text(client.get(url(agreement)))


@pytest.mark.parametrize("name", list(PAGES))
def test_a_step_of_another_stage_says_why_and_changes_nothing(made: World, name: str) -> None:
    agreement = builders.drafted(made, short=True)
    who = made.riverton_signatory if name in {"decline", "delegate"} else made.riverton_counsel
    if name == "unimport":
        who = made.riverton_liaison
    if name in {"share", "abandon", "submit", "freeze", "relate"}:
        agreement, who = builders.in_signing(made, short=True), made.riverton_liaison
    client, before = browser(who), again(agreement).last_event_id
    page = client.get(url(agreement, f"steps/{name}/"))
    assert page.status_code == 409
    assert "open only while" in text(page)
    sent = {"reason": "Because", "seen_hash": "0" * 64, "grounds": "g", "from_on": "2026-03-02", "ground": "cause",
            "outcome": "renew", "number": "1", "sign_by": "2026-04-01"}  # fmt: skip
    answer = client.post(url(agreement, f"steps/{name}/"), sent)
    assert answer.status_code == 409
    assert again(agreement).last_event_id == before


def test_a_step_one_may_never_take_is_refused(made: World) -> None:
    agreement = builders.in_approval(made, short=True)
    assert browser(made.riverton_liaison).get(url(agreement, "steps/approve/")).status_code == 403
    assert (
        browser(made.mesa_liaison).post(url(agreement, "steps/freeze/"), {"seen_hash": "x"}).status_code
        == 403
    )
    assert browser(made.riverton_liaison).get(url(agreement, "steps/nonsense/")).status_code == 404


def test_steps_with_pages_of_their_own_lead_there(made: World) -> None:
    agreement, client = builders.drafted(made, short=True), browser(made.riverton_liaison)
    for name, path in (("edit", "draft/"), ("comment", "discussion/"), ("sign", "sign/")):
        assert client.get(url(agreement, f"steps/{name}/"))["Location"] == url(agreement, path)


def test_a_text_that_lacks_what_signing_needs_is_not_frozen_and_the_page_says_what(made: World) -> None:
    agreement = builders.drafted(made, short=True)
    take(made.riverton_liaison, agreement, "share")
    take(made.mesa_liaison, agreement, "submit")
    for counsel in (made.riverton_counsel, made.mesa_counsel):
        take(counsel, agreement, "approve")
    answer = take(made.riverton_liaison, agreement, "freeze")
    assert answer.status_code == 409
    assert "has no signatory" in text(answer)
    assert again(agreement).stage == Stage.APPROVAL


def test_approving_a_text_that_changed_meanwhile_is_refused(made: World) -> None:
    agreement, counsel = builders.in_approval(made, short=True), browser(made.mesa_counsel)
    page = counsel.get(url(agreement, "steps/approve/"))
    sent = filled(page, note="Kept note")
    take(made.riverton_counsel, agreement, "refuse", reason="Section 3 is wrong.")
    take(made.riverton_liaison, agreement, "submit")
    # The same words have the same hash, so that an approval of them still holds; others have another.
    answer = counsel.post(url(agreement, "steps/approve/"), sent | {"seen_hash": "0" * 64})
    assert answer.status_code == 409
    assert "has changed since you opened this page" in text(answer)
    assert "Kept note" in answer.content.decode()


def test_a_double_approval_is_told_so(made: World) -> None:
    agreement, counsel = builders.in_approval(made, short=True), browser(made.mesa_counsel)
    sent = filled(counsel.get(url(agreement, "steps/approve/")))
    assert counsel.post(url(agreement, "steps/approve/"), sent).status_code == 302
    answer = counsel.post(url(agreement, "steps/approve/"), sent)
    assert answer.status_code == 409
    assert "has approved this text already" in text(answer)
    assert agreement.approvals.count() == 1


def test_an_overlong_or_empty_reason_is_said_at_the_field(made: World) -> None:
    agreement, counsel = builders.in_approval(made, short=True), browser(made.mesa_counsel)
    for reason in ("", "   ", "x" * 2001, "a\x00b"):
        answer = counsel.post(url(agreement, "steps/refuse/"), {"reason": reason})
        assert answer.status_code == 400
        assert answer.context["form"].errors["reason"]
    assert again(agreement).stage == Stage.APPROVAL


def test_a_suspension_that_would_end_before_it_begins_is_refused_with_what_was_typed(made: World) -> None:
    agreement, counsel = builders.executed(made, short=True), browser(made.mesa_counsel)
    sent = {"from_on": "2026-05-01", "until_on": "2026-04-01", "grounds": "An audit of the portal"}
    answer = counsel.post(url(agreement, "steps/suspend/"), sent)
    assert answer.status_code == 400
    assert "end before it begins" in text(answer)
    assert "An audit of the portal" in answer.content.decode()
    for wrong in (
        {"from_on": "2026-13-40"},
        {"from_on": "1900-01-01"},
        {"from_on": "99999-01-01"},
        {"until_on": "soon"},
    ):
        assert counsel.post(url(agreement, "steps/suspend/"), sent | wrong).status_code == 400
    assert not agreement.suspensions.exists()


def test_suspending_resuming_and_ending_show_on_the_dates_tab(made: World) -> None:
    agreement = builders.executed(made, short=True)
    take(made.mesa_counsel, agreement, "suspend", grounds="An audit", from_on="2026-03-02")
    assert "Suspended" in text(browser(made.riverton_liaison).get(url(agreement)))
    take(made.mesa_counsel, agreement, "resume", reason="Audit passed")
    take(
        made.riverton_counsel,
        agreement,
        "review",
        outcome="continue",
        reason="Works",
        consulted="Records unit",
    )
    answer = take(
        made.riverton_counsel,
        agreement,
        "terminate",
        ground="notice",
        reason="New system",
        last_day="2026-03-10",
    )
    assert answer.status_code == 400
    assert "The earliest last day is" in text(answer)
    take(made.riverton_counsel, agreement, "terminate", ground="notice", reason="New system")
    shown = text(browser(made.mesa_liaison).get(url(agreement, "dates/")))
    for words in ("An audit", "Works", "New system", "1 Apr 2026"):
        assert words in shown


def test_an_abandoned_draft_can_still_be_read_by_its_own_agency(made: World) -> None:
    agreement = builders.drafted(made, short=True)
    assert take(made.riverton_liaison, agreement, "abandon", reason="Not needed").status_code == 302
    assert browser(made.riverton_liaison).get(url(agreement)).status_code == 200


def test_with_three_parties_the_next_turn_must_be_chosen(made: World) -> None:
    agreement, client = (
        builders.completed(made, builders.drafted(made, short=True)),
        browser(made.riverton_liaison),
    )
    client.post(url(agreement, "draft/partner/"), {"agency": str(made.harbor.pk), "roles": ["recipient"]})
    answer = client.post(url(agreement, "steps/share/"), {"note": "n"})
    assert answer.status_code == 400
    assert answer.context["form"].errors["to"]
    answer = client.post(url(agreement, "steps/share/"), {"to": str(made.board.pk)})
    assert answer.status_code == 400
