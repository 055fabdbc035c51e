"""Attacks on the text, on the evidence, and on the mails about it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from io import BytesIO
from random import Random
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from PIL import Image

from agencies.operations.people import rename
from agreements import pictures
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement
from agreements.operations import approving, drafting, signing
from audit import guards
from audit.models import Event
from common.middleware import client_address
from common.models import Job
from tests import builders
from tests.agreements.attacks.scene import answers, out_for_signature, pressed
from tests.agreements.pages import browser, text, url
from tests.builders import NOW, World, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
PAYLOADS = (
    "{{ 7*7 }}",
    "{% debug %}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{{ settings.SECRET_KEY }}",
    "%(name)s",
    "{0.__class__}",
)


def test_s03_what_is_signed_is_shown_to_nobody_who_only_knows_its_number(made: World) -> None:
    agreement = out_for_signature(made)
    places = (
        "sign/",
        "versions/1/",
        "versions/1/version.pdf",
        "versions/1/version.docx",
        "files/final.pdf",
        "approvals/",
    )
    for place in places:
        assert Client().get(url(agreement, place)).status_code == 302
        for key in ("outsider", "nobody", "board_liaison"):
            assert browser(made.people[key]).get(url(agreement, place)).status_code == 404
            assert browser(made.people[key]).post(url(agreement, place)).status_code in {404, 405}


@pytest.mark.parametrize("seen", ["0" * 64, "", "x" * 5_000, "NULL", "%00"])
def test_s07_a_signature_of_another_text_than_the_frozen_one_is_refused(made: World, seen: str) -> None:
    agreement = out_for_signature(made)
    answer = pressed(agreement, made.mesa_signatory, seen_hash=seen)
    assert answer.status_code == 409
    assert "has changed since you opened this page" in text(answer)
    assert not agreement.signatures.exists()


def test_s07_a_text_recalled_and_sent_again_is_another_text(made: World) -> None:
    agreement = out_for_signature(made)
    client = browser(made.mesa_signatory)
    said = answers(client, agreement, made.mesa_signatory)
    builders.sign(agreement, made.riverton_signatory)
    signing.recall(agreement, reason="Typo.", actor=made.riverton_counsel, now=NOW)
    assert agreement.signatures.get().void_reason == "Typo."
    drafting.edit(
        again(agreement), values={"governing_law": "the laws of Utah"}, actor=made.riverton_liaison, now=NOW
    )
    approving.submit(again(agreement), actor=made.riverton_liaison, now=NOW)
    assert client.post(url(agreement, "sign/"), said).status_code == 409
    assert not agreement.signatures.filter(voided_at=None).exists()


def test_s07_nobody_edits_while_it_is_out_for_signature(made: World) -> None:
    agreement = out_for_signature(made)
    for row in (agreement, agreement.parties.first(), agreement.term):
        with pytest.raises(StepNotOpen):
            drafting.edit(row, values={}, actor=made.riverton_liaison, now=NOW)


def _rewritten(agreement: Agreement, statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [str(agreement.frozen_id)])


ALTER = "UPDATE agreements_version SET canonical = replace(canonical, 'case records', 'all records') WHERE id = %s"
ANEW = "UPDATE agreements_version SET sha256 = encode(sha256(convert_to(canonical, 'UTF8')), 'hex') WHERE id = %s"


def test_s07_the_database_refuses_another_text_and_without_its_guards_nobody_can_sign_it(made: World) -> None:
    agreement = out_for_signature(made)
    with pytest.raises(DatabaseError):
        _rewritten(agreement, ALTER)
    with guards.lifted():
        _rewritten(agreement, ALTER)
    with pytest.raises(StepNotOpen, match="not the one that was sent"):
        builders.sign(agreement, made.mesa_signatory)
    with guards.lifted():
        _rewritten(agreement, ANEW)
    assert again(agreement).frozen.sha256 != json.loads(bytes(_frozen(agreement).body))["facts"]["sha256"]
    with pytest.raises(StepNotOpen, match="not the one that was sent"):
        builders.sign(agreement, made.mesa_signatory)
    assert not agreement.signatures.exists()


def _frozen(agreement: Agreement) -> Event:
    found: Event = Event.objects.get(stream=agreement.pk, action="agreement.frozen")
    return found


def test_s07_the_receipt_says_what_was_signed(made: World) -> None:
    agreement = out_for_signature(made)
    signature = builders.sign(agreement, made.mesa_signatory)
    mail = Job.objects.get(kind="mail", key=f"mail:receipt:{signature.pk}:{made.mesa_signatory.pk}")
    for words in (
        agreement.frozen.sha256,
        signature.intent,
        signature.consent,
        signature.authority_basis,
        "authenticator app",
    ):
        assert words in mail.payload["text"]
    assert mail.payload["closes"], "a signed head of the history goes with it"


def test_s12_what_people_write_is_never_a_template(made: World) -> None:
    said = " ".join(PAYLOADS)
    agreement = out_for_signature(made, legal_name=f"Office {said}"[:200])
    page = text(browser(made.mesa_signatory).get(url(agreement, "sign/")))
    shown = [one for one in PAYLOADS if one in f"Office {said}"[:200]]
    assert all(one in page for one in shown)
    signing.decline(agreement, reason=said, actor=made.mesa_signatory, now=NOW)
    mail = Job.objects.filter(kind="mail", key__startswith="mail:reopened:")[0]
    assert all(one in mail.payload["text"] for one in PAYLOADS)
    assert "49" not in mail.payload["text"].replace(agreement.reference, "").replace(str(agreement.pk), "")


TRICKS = ("Ann https://evil.example/pay", "Ann www.evil.example", "Ann\r\nBcc: all@agency.example", "Ann \u202egnp.exe",
          "Ann\u2028Subject: x", "javascript:alert(1)", "Ann\x00", "A\u200bnn", "mailto:x@evil.example")  # fmt: skip


@pytest.mark.parametrize("name", TRICKS)
def test_s14_a_name_carries_no_link_nor_a_trick_into_our_mails(made: World, name: str) -> None:
    with pytest.raises(ValidationError):
        rename(made.mesa_signatory, name=name, actor=made.mesa_signatory, now=NOW)
    with pytest.raises(ValidationError):
        drafting.draft(title=name, lead=made.riverton, partners=[drafting.PartySpec(made.mesa)], kind="MOU",
                       actor=made.riverton_liaison, now=NOW)  # fmt: skip
    for job in Job.objects.filter(kind="mail"):
        assert "\n" not in job.payload["subject"]
        assert "\r" not in job.payload["subject"]


@hypothesis(max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    reason=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=80)
)
def test_s18_an_entry_reads_back_as_it_was_written(made: World, reason: str) -> None:
    if not reason.strip():
        return
    agreement = Agreement.objects.first() or out_for_signature(made)
    with transaction.atomic():
        signing.decline(agreement, reason=reason, actor=made.mesa_signatory, now=NOW)
        body = bytes(
            Event.objects.filter(stream=agreement.pk, action="agreement.declined").latest("number").body
        )
        transaction.set_rollback(True)
    assert json.loads(body)["facts"]["reason"] == reason.strip()
    assert b"\n" not in body


def picture(format: str = "PNG", size: tuple[int, int] = (400, 120), **more: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "white").save(out, format, **more)
    return out.getvalue()


def test_a_picture_is_kept_as_pixels_alone_and_nothing_needs_one(made: World) -> None:
    agreement = out_for_signature(made)
    hidden = picture("JPEG", comment=b"<script>alert(1)</script>") + b"PK\x03\x04 hidden"
    file = SimpleUploadedFile("me.jpg", hidden, "text/html")
    assert pressed(agreement, made.mesa_signatory, image=file).status_code == 302
    row = agreement.signatures.get()
    kept = pictures.cleaned(hidden)
    assert b"script" not in kept
    assert b"hidden" not in kept
    assert Image.open(BytesIO(kept)).size == (400, 120)
    assert len(row.image_sha256) == 64
    assert row.image_path.endswith(".png")


@pytest.mark.parametrize(
    "data",
    [b"<svg onload='alert(1)'/>", b"GIF89a" + bytes(50), picture()[:60], bytes(pictures.MOST_BYTES + 1), picture(size=(4_000, 2_000)),
     b"%PDF-1.7", picture("BMP")],
)  # fmt: skip
def test_what_is_no_small_picture_is_refused_and_nothing_is_signed(made: World, data: bytes) -> None:
    agreement = out_for_signature(made)
    answer = pressed(agreement, made.mesa_signatory, image=SimpleUploadedFile("me.png", data, "image/png"))
    assert answer.status_code == 400
    assert "sign without" in text(answer)
    assert not agreement.signatures.exists()
    assert pressed(agreement, made.mesa_signatory).status_code == 302, "no code was used up"


def test_s09_a_forged_address_or_time_never_reaches_the_evidence(made: World) -> None:
    chance, agreement = Random(20261121), out_for_signature(made)
    client = browser(made.mesa_signatory)
    said = answers(client, agreement, made.mesa_signatory)
    forged = dict(_headers(chance))
    answer = client.post(
        url(agreement, "sign/"), said | {"signed_at": "1999-01-01", "ip": "6.6.6.6"}, **forged
    )
    assert answer.status_code == 302
    row = agreement.signatures.get()
    assert (row.ip, row.signed_at) == ("127.0.0.1", NOW)
    assert datetime.fromisoformat(json.loads(bytes(row.last_event.body))["at"]) - NOW < timedelta(seconds=1)


def _headers(chance: Random) -> list[tuple[str, str]]:
    """Headers by which a client might say that it is somewhere or somewhen else."""
    places = [
        "6.6.6.6",
        "127.0.0.1, 6.6.6.6",
        "::ffff:6.6.6.6",
        "[::1]:80",
        "unknown",
        "",
        "x" * 300,
        "6.6.6.6:99, 10.0.0.1",
    ]
    names = ("X_FORWARDED_FOR", "X_REAL_IP", "FORWARDED", "X_CLIENT_IP", "TRUE_CLIENT_IP", "CF_CONNECTING_IP", "X_FORWARDED_HOST",
             "DATE", "X_FORWARDED_BY", "VIA")  # fmt: skip
    return [(f"HTTP_{name}", chance.choice(places)) for name in names if chance.random() < 0.6]


def test_s09_a_thousand_forged_requests_all_come_from_the_peer() -> None:
    chance, factory = Random(7), RequestFactory()
    for _ in range(1_000):
        peer = chance.choice(["203.0.113.9", "2001:db8::7", "127.0.0.1"])
        request = factory.get("/", REMOTE_ADDR=peer, HTTP_HOST="evil.example", **dict(_headers(chance)))
        assert client_address(request) == peer


def test_s09_only_a_proxy_of_ours_is_believed_and_only_its_last_word(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    said = {"HTTP_X_FORWARDED_FOR": "6.6.6.6, 198.51.100.4, 10.0.0.9"}
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", **said)) == "198.51.100.4"
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="198.51.100.9", **said)) == "198.51.100.9"


def test_s09_no_mail_calls_the_site_what_a_request_called_it(
    made: World, settings: Any, client: Client
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    before = set(Job.objects.values_list("pk", flat=True))
    for email in (made.mesa_signatory.email, "nobody@nowhere.example"):
        client.post(
            "/accounts/password/reset/",
            {"email": email},
            HTTP_HOST="evil.example",
            HTTP_X_FORWARDED_HOST="evil.example",
        )
    agreement = out_for_signature(made)
    signer = browser(made.mesa_signatory)
    said = answers(signer, agreement, made.mesa_signatory)
    assert signer.post(url(agreement, "sign/"), said, HTTP_HOST="evil.example").status_code == 302
    mails = Job.objects.filter(kind="mail").exclude(pk__in=before)
    assert mails.filter(payload__text__icontains="/accounts/password/reset/key/").exists()
    assert not [job for job in mails if "evil.example" in str(job.payload)]
