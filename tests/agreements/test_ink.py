"""Signatures in ink: one party puts the scan in, another confirms it, and only then it is a signature."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase

from agencies import factors
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement, InkSignature, Means, Stage
from agreements.operations import importing, inking, signing
from audit.models import Event
from audit.record import SYSTEM
from tests import builders
from tests.agreements.attacks.scene import out_for_signature
from tests.agreements.pages import browser, filled, text, url
from tests.api.calling import Program
from tests.builders import NOW, PASSWORD, SECRET, World, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
SCAN = b"%PDF-1.4 a scan of the signed text"


def recorded(
    made: World, agreement: Agreement, *, who: str = "riverton_liaison", **changes: Any
) -> InkSignature:
    given: dict[str, Any] = {"scan": SCAN, "signed_on": NOW.date(), **changes}
    return inking.record(agreement, **given, actor=made.people[who], now=NOW)


def confirmed(made: World, agreement: Agreement, row: InkSignature, *, who: str = "mesa_counsel") -> Any:
    person = made.people[who]
    return inking.confirm(
        agreement, scan=row.file_sha256, prove=builders.proved(person), actor=person, now=NOW
    )


def test_the_scan_counts_once_another_party_has_confirmed_it(made: World) -> None:
    agreement = builders.in_signing(made)
    row = recorded(made, agreement)
    assert not agreement.signatures.exists()
    signature = confirmed(made, agreement, row)
    assert (signature.means, signature.signatory, signature.party.agency) == (
        Means.INK,
        made.riverton_signatory,
        made.riverton,
    )
    assert signature.file_sha256 == row.file_sha256
    assert (
        "put in by Riverton Liaison, confirmed by Mesa Counsel of Mesa County District Attorney"
        in signature.authenticated_by
    )
    assert (
        Event.objects.filter(stream=agreement.pk, action__in=["ink.recorded", "ink.confirmed"]).count() == 2
    )
    builders.sign(agreement, made.mesa_signatory)
    assert again(agreement).stage == Stage.EXECUTED


@pytest.mark.parametrize("who", ["riverton_counsel", "riverton_liaison", "riverton_signatory"])
def test_nobody_of_the_same_agency_confirms(made: World, who: str) -> None:
    agreement = builders.in_signing(made)
    row = recorded(made, agreement)
    with pytest.raises(PermissionDenied, match="Another party confirms"):
        confirmed(made, agreement, row, who=who)
    assert not agreement.signatures.exists()


def test_who_belongs_to_both_confirms_neither(made: World) -> None:
    agreement = builders.in_signing(made)
    both = builders.person(made, "two_hats", {"riverton": "liaison", "mesa": "liaison"}, NOW)
    row = recorded(made, agreement)
    with pytest.raises(PermissionDenied):
        inking.confirm(agreement, scan=row.file_sha256, prove=builders.proved(both), actor=both, now=NOW)


def test_turn_text_and_authority_are_looked_at_as_for_any_signature(made: World) -> None:
    agreement = out_for_signature(made, order=(2, 1))
    row = recorded(made, agreement)
    with pytest.raises(StepNotOpen, match="Mesa County District Attorney signs first"):
        confirmed(made, agreement, row)
    builders.sign(agreement, made.mesa_signatory)
    made.riverton.signing_authorities.get()
    assert confirmed(made, agreement, row).party.agency == made.riverton
    with pytest.raises(StepNotOpen):
        confirmed(made, again(agreement), row)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"scan": b"GIF89a"}, "scan"), ({"scan": b""}, "scan"), ({"signed_on": NOW.date() + timedelta(days=1)}, "signed_on"),
     ({"signed_on": NOW.date() - timedelta(days=40)}, "signed_on")],
)  # fmt: skip
def test_bad_scans_and_days_are_refused_in_words(made: World, change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        recorded(made, builders.in_signing(made), **change)
    assert field in refused.value.message_dict


def test_one_scan_waits_at_a_time_and_an_objection_lets_another_in(made: World) -> None:
    agreement = builders.in_signing(made)
    row = recorded(made, agreement)
    with pytest.raises(StepNotOpen, match="waits to be confirmed already"):
        recorded(made, agreement)
    inking.refuse(
        agreement, scan=row.file_sha256, reason="Page 3 is missing.", actor=made.mesa_counsel, now=NOW
    )
    with pytest.raises(StepNotOpen):
        confirmed(made, agreement, row)
    assert recorded(made, agreement).confirmed is None
    signing.recall(agreement, reason="Anew.", actor=made.riverton_counsel, now=NOW)
    assert not inking.waiting(agreement).exists()


def test_on_the_pages_the_confirmer_proves_who_they_are(made: World) -> None:
    agreement = builders.in_signing(made)
    client = browser(made.riverton_liaison)
    page = client.get(url(agreement, "ink/"))
    assert "Riverton Signatory is asked to sign" in text(page)
    upload = SimpleUploadedFile("scan.pdf", SCAN, "application/pdf")
    assert client.post(url(agreement, "ink/"), filled(page, scan=upload)).status_code == 302
    row = agreement.ink_signatures.get()
    other = browser(made.mesa_counsel)
    where = url(agreement, f"ink/{row.pk}/")
    assert "Set up a second step" in text(other.get(where))
    factors.enrol_app(made.mesa_counsel, SECRET, actor=SYSTEM, now=NOW)
    given = {"seen": "on", "password": PASSWORD, "code": builders.code(made.mesa_counsel)}
    assert "This is not your password" in text(other.post(where, given | {"password": "guess"}))
    assert "Tick the box" in text(other.post(where, given | {"seen": ""}))
    assert other.get(url(agreement, f"ink/{row.pk}/scan.pdf")).content == SCAN
    assert other.post(where, given).status_code == 302
    assert agreement.signatures.get().means == Means.INK
    assert other.post(where, given).status_code == 404
    assert "Riverton Signatory for Riverton Police Department: Mesa Counsel" in text(
        other.get(url(agreement, "ink/"))
    )


def test_programs_put_in_and_confirm(made: World) -> None:
    agreement = builders.in_signing(made)
    program, other = Program(made.riverton_liaison), Program(made.mesa_signatory)
    where = f"agreements/{agreement.pk}/"
    tag = program.call("get", where).headers["ETag"]
    put = program.call(
        "post", f"{where}steps/ink/", {"scan": "JVBERi0xLjQgYQ==", "signed_on": "2026-03-02"}, on=tag
    )
    assert put.status_code == 200, put.content
    (row,) = other.rows(f"{where}ink-signatures/")
    assert (row["confirmed"], row["signatory"]) == (None, "Riverton Signatory")
    tag = other.call("get", where).headers["ETag"]
    said = {"scan": row["file_sha256"], "password": PASSWORD, "code": builders.code(made.mesa_signatory)}
    done = other.call("post", f"{where}steps/confirm/", said, on=tag)
    assert done.status_code == 200, done.content
    assert agreement.signatures.get().means == Means.INK


def test_a_file_given_up_elsewhere_stays_as_the_scan_of_a_signature(made: World, settings: Any) -> None:
    agreement, root = builders.in_signing(made), Path(settings.DOCUMENTS)
    row = recorded(made, agreement)
    with TestCase.captureOnCommitCallbacks(execute=True):
        importing.forget({row.file_sha256: ".pdf"}, root=root)
    assert inking.take(row, root=root, actor=made.mesa_counsel, now=NOW) == SCAN
