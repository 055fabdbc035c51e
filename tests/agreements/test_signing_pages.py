"""Signing in the browser: what is shown, who is refused, and what a wrong password does."""

from typing import Any

import pytest

from agreements import stepup
from agreements.models import Agreement, Stage, Tries
from agreements.operations import drafting
from tests import builders
from tests.agreements.pages import browser, filled, text, url
from tests.builders import NOW, PASSWORD, World, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def answers(client: Any, agreement: Agreement, who: Any, **changes: Any) -> dict[str, Any]:
    """The signing form as a careful person fills it in."""
    page = client.get(url(agreement, "sign/"))
    return filled(
        page,
        **{"typed_name": who.name, "consent": "on", "password": PASSWORD, "code": builders.code(who)}
        | changes,
    )


def test_the_page_shows_the_text_its_hash_the_statement_and_who_else_signs(made: World) -> None:
    agreement = builders.in_signing(made)
    said = text(browser(made.mesa_signatory).get(url(agreement, "sign/")))
    sha = agreement.versions.latest("number").sha256
    assert " ".join(sha[i : i + 4] for i in range(0, 64, 4)) in said
    assert "Riverton Signatory for Riverton Police Department" in said
    assert "I intend my typed name to be my signature" in said
    assert "Changes since Mesa County District Attorney approved: nothing" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"typed_name": "Somebody Else"}, "Type your name as it stands here"),
        ({"typed_name": ""}, "Type your name."),
        ({"consent": None}, "Tick the box"),
        ({"password": "wrong"}, "This is not your password"),
        ({"password": ""}, "Type your password."),
        ({"code": "000000"}, "This code is not right"),
        ({"code": ""}, "Type the code from your authenticator app"),
        ({"credential": "[1]"}, "can't be read"),
        ({"credential": '{"id": "x"}', "code": ""}, "The security key did not answer"),
        ({"typed_name": "a\x00b"}, "can't be stored"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_signed(
    made: World, change: dict[str, Any], words: str
) -> None:
    agreement, client = builders.in_signing(made), browser(made.mesa_signatory)
    answer = client.post(url(agreement, "sign/"), answers(client, agreement, made.mesa_signatory, **change))
    assert answer.status_code == 400
    assert words in text(answer)
    assert PASSWORD not in answer.content.decode()
    assert not agreement.signatures.exists()


def test_another_hash_than_the_frozen_one_is_refused(made: World) -> None:
    agreement, client = builders.in_signing(made), browser(made.mesa_signatory)
    sent = answers(client, agreement, made.mesa_signatory, seen_hash="0" * 64)
    answer = client.post(url(agreement, "sign/"), sent)
    assert answer.status_code == 409
    assert "has changed since you opened this page" in text(answer)


def test_a_second_press_signs_once_and_leads_to_the_receipt(made: World) -> None:
    agreement, client = builders.in_signing(made), browser(made.mesa_signatory)
    sent = answers(client, agreement, made.mesa_signatory)
    assert client.post(url(agreement, "sign/"), sent).status_code == 302
    again_ = client.post(url(agreement, "sign/"), sent)
    assert again_.status_code == 409
    assert "Your receipt" in text(again_)
    assert agreement.signatures.count() == 1


def test_five_wrong_passwords_close_signing_for_a_while(made: World) -> None:
    agreement, client = builders.in_signing(made), browser(made.mesa_signatory)
    sent = answers(client, agreement, made.mesa_signatory)
    for _ in range(5):
        assert client.post(url(agreement, "sign/"), sent | {"password": "guess"}).status_code == 400
    answer = client.post(url(agreement, "sign/"), sent)
    assert answer.status_code == 429
    assert "closed to you for 15 minutes" in text(answer)
    assert not agreement.signatures.exists()
    Tries.objects.update(since=NOW - stepup.PAUSE)
    assert client.post(url(agreement, "sign/"), sent).status_code == 302


def test_others_can_not_sign(made: World) -> None:
    agreement = builders.in_signing(made)
    assert browser(made.mesa_counsel).get(url(agreement, "sign/")).status_code == 403
    spare = builders.person(made, "mesa_deputy", {"mesa": "signatory"}, NOW)
    client = browser(spare)
    page = client.get(url(agreement, "sign/"))
    assert page.status_code == 409
    assert "you are not asked to sign it" in text(page)
    sent = {
        "seen_hash": agreement.versions.latest("number").sha256,
        "typed_name": spare.name,
        "consent": "on",
        "password": PASSWORD,
    }
    assert client.post(url(agreement, "sign/"), sent).status_code == 403


def test_who_signs_later_is_told_to_wait(made: World) -> None:
    agreement = builders.drafted(made)
    party = agreement.parties.get(agency=made.mesa)
    drafting.edit(party, values={"signing_order": 2}, actor=made.riverton_liaison, now=NOW)
    builders.completed(made, agreement)
    take = [("riverton_liaison", "share"), ("mesa_liaison", "submit"), ("riverton_counsel", "approve"),
            ("mesa_counsel", "approve"), ("riverton_liaison", "freeze")]  # fmt: skip
    for who, name in take:
        client = browser(made.people[who])
        client.post(url(agreement, f"steps/{name}/"), filled(client.get(url(agreement, f"steps/{name}/"))))
    assert again(agreement).stage == Stage.SIGNING
    client = browser(made.mesa_signatory)
    assert "Not your turn to sign yet" in text(client.get(url(agreement, "sign/")))
    answer = client.post(url(agreement, "sign/"), answers(client, agreement, made.mesa_signatory))
    assert answer.status_code == 409
    assert "signs first" in text(answer)


def test_declining_asks_for_the_reason_and_ends_it(made: World) -> None:
    agreement, client = builders.in_signing(made), browser(made.mesa_signatory)
    assert client.post(url(agreement, "steps/decline/"), {"reason": " "}).status_code == 400
    assert client.post(url(agreement, "steps/decline/"), {"reason": "Council said no"}).status_code == 302
    assert again(agreement).stage == Stage.DECLINED
