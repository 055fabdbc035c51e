"""Attacks that want somebody else's signature, or one before its turn."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from agencies.models import User
from agencies.operations.agencies import edit_agency
from agencies.operations.tokens import create_token
from agreements import stepup
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, Signature, Stage
from agreements.operations import approving, drafting, freezing, requesting, signing, waiving
from agreements.operations.refusing import Blocked
from audit.record import SYSTEM
from common.models import Job
from tests import builders
from tests.agreements.attacks.scene import answers, deputy, out_for_signature, pressed, third_party
from tests.agreements.pages import browser, text, url
from tests.api.calling import Program
from tests.builders import NOW, PASSWORD, SECRET, World, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

PAGES = ("", "approvals/", "versions/", "history/", "discussion/", "files/", "dates/", "checks/", "data/", "sign/",
         "steps/recall/", "steps/extend/", "steps/delegate/")  # fmt: skip
API = ("", "signature-requests/", "signatures/", "parties/", "events/", "versions/", "approvals/")


def secrets_of(person: User) -> set[str]:
    """Everything by which somebody could act as this person."""
    kept = Authenticator.objects.get(user=person).data["secret"]
    user = User.objects.get(pk=person.pk)
    return {
        SECRET,
        kept,
        user.password,
        create_token(person, actor=person, now=NOW),
        user.get_session_auth_hash(),
    }


def test_s01_no_answer_to_anybody_holds_what_a_signatory_signs_with(made: World) -> None:
    agreement = out_for_signature(made)
    canaries = secrets_of(made.mesa_signatory)
    looked = 0
    for key in ("riverton_liaison", "riverton_counsel", "mesa_administrator", "mesa_signatory", "overseer"):
        client, program = browser(made.people[key]), Program(made.people[key])
        found = [client.get(url(agreement, path)) for path in PAGES]
        found += [client.get(path) for path in ("/", "/mail/", "/account/", "/agencies/", "/accounts/2fa/")]
        found += [program.call("get", f"agreements/{agreement.pk}/{path}") for path in API]
        for answer in found:
            assert not [one for one in canaries if one in answer.content.decode()], answer.request[
                "PATH_INFO"
            ]
        looked += sum(answer.status_code == 200 for answer in found)
    assert looked > 60
    assert not [
        job for job in Job.objects.filter(kind="mail") if any(one in str(job.payload) for one in canaries)
    ]


def test_s01_the_link_in_the_mail_signs_nothing(made: World) -> None:
    agreement = out_for_signature(made)
    mail = Job.objects.get(kind="mail", key__startswith="mail:sign:", owner=made.mesa_signatory.pk)
    links = re.findall(r"https?://[^/\s]+(/\S*)", mail.payload["text"])
    assert url(agreement, "sign/") in links
    stranger = Client()
    said = answers(browser(made.mesa_signatory), agreement, made.mesa_signatory)
    for link in links:
        for answer in (stranger.get(link), stranger.post(link, said)):
            assert answer.status_code == 302
            assert answer["Location"].startswith("/accounts/login/")
    assert not agreement.signatures.exists()


def test_s01_without_a_second_factor_nobody_signs_and_the_page_says_what_to_do(made: World) -> None:
    agreement = out_for_signature(made)
    Authenticator.objects.filter(user=made.mesa_signatory).delete()
    client = browser(made.mesa_signatory)
    page = text(client.get(url(agreement, "sign/")))
    assert "Set up a second step before you sign" in page
    assert "Set up the authenticator app" in page
    said = answers(client, agreement, made.mesa_signatory)
    answer = client.post(url(agreement, "sign/"), said | {"code": "123456"})
    assert answer.status_code == 409
    assert "your account has no second factor" in text(answer)
    token = Program(made.mesa_signatory)
    token.step(str(agreement.pk), "sign", status=409, seen_hash=said["seen_hash"], typed_name=made.mesa_signatory.name,
               consent=True, password=PASSWORD, code="123456")  # fmt: skip
    assert not agreement.signatures.exists()


def test_s01_a_code_is_good_once_and_only_in_its_time(made: World) -> None:
    first, second = out_for_signature(made), out_for_signature(made)
    used = builders.code(made.mesa_signatory)
    old = builders.code(made.mesa_signatory, NOW - timedelta(seconds=90))
    assert pressed(second, made.mesa_signatory, code=old).status_code == 400
    assert pressed(first, made.mesa_signatory, code=used).status_code == 302
    answer = pressed(second, made.mesa_signatory, code=used)
    assert answer.status_code == 400
    assert "it was used before" in text(answer)
    assert pressed(second, made.mesa_signatory).status_code == 302


def test_s01_the_lock_after_five_wrong_tries_needs_no_cache(made: World, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache",
                                   "LOCATION": "redis://127.0.0.1:1/0"}}  # fmt: skip
    agreement, claim = out_for_signature(made), stepup.Claim("a guess", "000000")
    for number in range(8):
        with pytest.raises((ValidationError, stepup.TooManyTries)) as refused:
            builders.sign(agreement, made.mesa_signatory,
                          prove=lambda locked: stepup.prove(made.mesa_signatory, claim, now=NOW))  # fmt: skip
        assert (refused.type is stepup.TooManyTries) == (number >= stepup.TRIES)
    right = stepup.Claim(PASSWORD, builders.code(made.mesa_signatory))
    with pytest.raises(stepup.TooManyTries):
        builders.sign(agreement, made.mesa_signatory,
                      prove=lambda locked: stepup.prove(made.mesa_signatory, right, now=NOW))  # fmt: skip
    assert not agreement.signatures.exists()


def test_s02_the_sender_never_holds_what_the_signatory_needs(made: World) -> None:
    agreement = out_for_signature(made)
    sender = browser(made.riverton_liaison)
    canaries = secrets_of(made.mesa_signatory)
    for path in ("", "approvals/", "steps/extend/", "steps/recall/", "/mail/"):
        shown = sender.get(path if path.startswith("/") else url(agreement, path)).content.decode()
        assert not [one for one in canaries if one in shown]
        assert url(agreement, "sign/") not in shown
    said = answers(browser(made.mesa_signatory), agreement, made.mesa_signatory)
    assert sender.post(url(agreement, "sign/"), said).status_code == 403
    assert browser(made.riverton_signatory).post(url(agreement, "sign/"), said).status_code == 400
    assert not agreement.signatures.exists()


def test_s02_a_proof_of_somebody_else_is_none(made: World) -> None:
    agreement = out_for_signature(made)
    with pytest.raises(PermissionDenied):
        builders.sign(agreement, made.mesa_signatory, prove=builders.proved(made.riverton_signatory))
    assert not agreement.signatures.exists()


def test_s04_out_of_turn_nothing_is_signed_whatever_is_tried(made: World) -> None:
    third_party(made)
    keys = ("riverton", "mesa", "harbor")
    agreement = out_for_signature(made, keys=keys, order=(3, 1, 2))
    turns = ["mesa", "harbor", "riverton"]
    chance = Random(20261121)
    for _ in range(int(os.environ.get("ATTEMPTS", "60"))):
        now = NOW + timedelta(minutes=chance.randrange(2_000))
        wrong = chance.choice([key for key in keys if key != turns[0]])
        with pytest.raises(StepNotOpen, match="not your turn"):
            builders.sign(agreement, made.people[f"{wrong}_signatory"], now=now)
    assert not agreement.signatures.exists()
    for done, key in enumerate(turns, 1):
        for later in turns[done:]:
            with pytest.raises(StepNotOpen, match="not your turn"):
                builders.sign(agreement, made.people[f"{later}_signatory"])
        builders.sign(agreement, made.people[f"{key}_signatory"])
        assert agreement.signatures.count() == done
    assert again(agreement).stage == Stage.EXECUTED


def test_s04_each_is_told_when_it_is_their_turn(made: World) -> None:
    agreement = out_for_signature(made, order=(2, 1))
    asked = Job.objects.filter(kind="mail", key__startswith="mail:sign:")
    assert [job.owner for job in asked] == [made.mesa_signatory.pk]
    builders.sign(agreement, made.mesa_signatory)
    assert {job.owner for job in asked.all()} == {made.mesa_signatory.pk, made.riverton_signatory.pk}


def test_s04_nobody_signs_after_the_last_day_until_the_lead_gives_another(made: World) -> None:
    agreement = out_for_signature(made)
    late = NOW + timedelta(days=requesting.DAYS_TO_SIGN + 1)
    with pytest.raises(StepNotOpen, match="The time to sign ended"):
        builders.sign(agreement, made.mesa_signatory, now=late)
    with pytest.raises(PermissionDenied):
        requesting.extend(agreement, sign_by=late.date(), reason="x", actor=made.mesa_liaison, now=late)
    requesting.extend(agreement, sign_by=late.date() + timedelta(days=9), reason="The council meets later.",
                      actor=made.riverton_liaison, now=late)  # fmt: skip
    builders.sign(agreement, made.mesa_signatory, now=late)
    assert agreement.signatures.count() == 1


def test_s04_whoever_still_has_to_sign_is_reminded_once_a_week(made: World) -> None:
    agreement = out_for_signature(made, order=(1, 2))
    for day in (1, 8, 8, 9, 57, 58, 62, 62):
        requesting.chase(now=NOW + timedelta(days=day))
    chased = Job.objects.filter(kind="mail", key__startswith="mail:chase:")
    assert {job.owner for job in chased} == {made.riverton_signatory.pk}
    assert chased.count() == 2
    late = Job.objects.filter(kind="mail", key__startswith="mail:late:")
    assert {job.owner for job in late} == {made.riverton_liaison.pk, made.riverton_counsel.pk}
    assert "give another day" in late[0].payload["text"]
    assert not agreement.signatures.exists()


def test_s16_nobody_is_put_in_a_signatorys_place(made: World) -> None:
    spare = deputy(made)
    agreement = out_for_signature(made)
    party = agreement.parties.get(agency=made.mesa)
    with pytest.raises(StepNotOpen):
        drafting.edit(party, values={"signatory": spare}, actor=made.mesa_liaison, now=NOW)
    program = Program(made.mesa_liaison)
    row = f"agreements/{agreement.pk}/parties/{party.pk}/"
    tried = program.call("patch", row, {"signatory": str(spare.pk)}, on=f'"{party.last_event_id}"')
    assert tried.status_code in {409, 412}
    with pytest.raises(StepNotOpen, match="No deputy"):
        requesting.delegate(agreement, reason="Away.", actor=made.mesa_signatory, now=NOW)
    with pytest.raises(PermissionDenied):
        builders.sign(agreement, spare)
    signing.recall(agreement, reason="Another signatory.", actor=made.riverton_counsel, now=NOW)
    assert not agreement.signatures.filter(voided_at=None).exists()


def test_s16_only_who_is_asked_or_administers_hands_over_and_both_sides_are_told(made: World) -> None:
    spare = deputy(made)
    agreement = out_for_signature(made, deputy=spare)
    for who in (spare, made.mesa_liaison, made.riverton_signatory, made.riverton_administrator):
        with pytest.raises((PermissionDenied, StepNotOpen)):
            requesting.delegate(agreement, reason="Mine now.", actor=who, now=NOW)
    with pytest.raises(PermissionDenied):
        builders.sign(agreement, spare)
    requesting.delegate(agreement, reason="On leave.", actor=made.mesa_administrator, now=NOW)
    told = Job.objects.filter(kind="mail", key__startswith="mail:delegated:")
    owners = {job.owner for job in told}
    assert {made.riverton_liaison.pk, made.mesa_counsel.pk, made.mesa_signatory.pk} <= owners
    assert "On leave." in told[0].payload["text"]
    with pytest.raises(PermissionDenied):
        builders.sign(agreement, made.mesa_signatory)
    signed = builders.sign(agreement, spare)
    assert "as deputy of Mesa Signatory, named in the text" in signed.authority_basis
    assert "Mesa Deputy" in approving.submitted(agreement).canonical


def test_s16_what_was_handed_over_can_be_given_back(made: World) -> None:
    spare = deputy(made)
    agreement = out_for_signature(made, deputy=spare)
    assert (
        browser(made.mesa_signatory).post(url(agreement, "steps/delegate/"), {"reason": "Away."}).status_code
        == 302
    )
    assert "as deputy of Mesa Signatory" in text(browser(spare).get(url(agreement, "sign/")))
    assert Program(spare).step(str(agreement.pk), "delegate", reason="She is back.")["stage"] == "signing"
    builders.sign(agreement, made.mesa_signatory)
    assert Signature.objects.get().authority_basis == "C.R.S. 24-72-305, head of the agency"


def test_s04_a_party_whose_governing_body_must_approve_needs_the_resolution_to_the_last(made: World) -> None:
    edit_agency(made.mesa, actor=SYSTEM, now=NOW, governing_body_approves=True, governing_body="County Board")
    with pytest.raises(Blocked, match="approval of its governing body"):
        out_for_signature(made)
    agreement = Agreement.objects.get()
    party = agreement.parties.get(agency=made.mesa)
    paper = {
        "kind": "resolution",
        "reference": "Resolution 2026-14",
        "on": "2026-02-20",
        "party": str(party.pk),
    }
    program, base = Program(made.mesa_liaison), f"agreements/{agreement.pk}/filings/"
    for bad in (b"GIF89a", b"%PDF-" + bytes(waiving.MOST_BYTES)):
        assert program.call("post", base, paper | {"file": b64encode(bad).decode()}).status_code == 400
    row = program.call("post", base, paper | {"file": b64encode(b"%PDF-1.7 the resolution").decode()}).json()
    assert program.get(f"{base}{row['id']}/paper.pdf").content == b"%PDF-1.7 the resolution"
    page = browser(made.riverton_counsel).get(url(agreement, f"filings/{row['id']}/paper.pdf"))
    assert page.content == b"%PDF-1.7 the resolution"
    freezing.freeze(
        agreement, seen_hash=approving.submitted(agreement).sha256, actor=made.riverton_liaison, now=NOW
    )
    filing = agreement.filings.get()
    waiving.withdraw_filing(filing, reason="It was not adopted.", actor=made.mesa_counsel, now=NOW)
    with pytest.raises(Blocked, match="approval of its governing body"):
        builders.sign(agreement, made.mesa_signatory)
    assert not agreement.signatures.exists()
