"""The seal over a document: who can make it, what it holds together, and what breaks it."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from agreements.pdf import keys, sealing
from agreements.pdf.checking import CHANGED, UNREADABLE, UNSEALED, Checked, checked
from tests.agreements import seals
from tests.agreements.seals import NOW, WORDS


def of(content: bytes) -> Checked:
    return checked(content, roots=[seals.pem()])


def test_a_seal_of_ours_holds_and_names_its_certificate_and_time() -> None:
    said = of(seals.sealed())
    assert said.holds and said.at == NOW and said.stamped_at is None and said.why == ""
    assert said.certificate == keys.installed(seals.place(), now=NOW)[1].sha256
    assert "Tests seal" in said.subject


@pytest.mark.parametrize(
    "change", [seals.turned, seals.noted, lambda content: content + b"\n% more", lambda content: content[:-9]]
)
def test_what_is_added_turned_or_cut_off_is_called_changed(change: object) -> None:
    assert callable(change)
    said = of(change(seals.sealed()))
    assert not said.holds and said.why in {CHANGED, UNREADABLE}


def test_a_seal_of_somebody_else_is_not_ours_even_under_our_names(tmp_path: Path) -> None:
    signer, theirs = keys.installed(keys.Place(tmp_path, "Tests"), now=NOW)
    foreign = sealing.sealed(seals.plain(), signer, WORDS, now=NOW)
    assert of(foreign).why == UNSEALED and not of(foreign).ours
    assert checked(foreign, roots=[theirs.pem]).holds


def test_without_a_seal_or_without_a_pdf_the_file_is_not_ours() -> None:
    assert of(seals.plain()).why == UNSEALED
    for junk in (b"", b"%PDF-1.7", b"\x00" * 500, seals.sealed()[:5000], b"PK\x03\x04" + bytes(99)):
        assert of(junk).why == UNREADABLE


def test_what_stands_in_the_seals_own_place_after_the_seal_is_noticed() -> None:
    content = seals.sealed()
    end = content.rindex(b"0>", 0, content.rindex(b"/ByteRange") + 5000)
    for change in (b"1>", b"f>", b" >"):
        assert not of(content[:end] + change + content[end + 2 :]).holds


def test_flipped_bits_are_never_taken_for_the_sealed_text() -> None:
    content, random = seals.sealed(), Random(5)
    begin = content.index(b"<3082")
    places = [place for place in random.sample(range(len(content)), 60) if not begin < place < begin + 3000]
    for place in places:
        changed = bytearray(content)
        changed[place] ^= 1 << random.randrange(8)
        assert not of(bytes(changed)).holds, place


@settings(max_examples=20)
@given(content=st.binary(max_size=600), place=st.integers(0, 20_000))
def test_whatever_is_brought_is_judged_and_nothing_breaks(content: bytes, place: int) -> None:
    whole = seals.sealed()
    assert not of(content).ours
    if content and whole[place : place + len(content)] != content:
        assert (
            not of(whole[:place] + content + whole[place + len(content) :]).holds
            or b"<3082" in whole[place - 3000 : place + 600]
        )


def test_our_own_authority_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    place = keys.Place(tmp_path / "seal", "Here")
    first = keys.installed(place, now=NOW)
    assert keys.installed(place, now=NOW) == first
    modes = {path.name: path.stat().st_mode & 0o777 for path in place.directory.glob("*.[kp]e[ym]")}
    assert modes == dict.fromkeys(("authority.key", "authority.pem", "seal.key", "seal.pem"), 0o600)
    assert oct(place.directory.stat().st_mode & 0o777) == "0o700"
    root = place.directory / "authority.pem"
    assert (
        subprocess.run(
            ["openssl", "verify", "-CAfile", root, place.directory / "seal.pem"],
            capture_output=True,
            check=False,
        ).returncode
        == 0
    )


def test_a_certificate_that_ends_within_a_year_is_followed_by_another_of_the_same_authority(
    tmp_path: Path,
) -> None:
    place = keys.Place(tmp_path, "Here")
    _, first = keys.installed(place, now=NOW)
    signer, second = keys.installed(place, now=NOW + timedelta(days=365 * 9 + 30))
    assert first.sha256 != second.sha256 and first.certificates[-1] == second.certificates[-1]
    later = sealing.sealed(seals.plain(), signer, WORDS, now=NOW + timedelta(days=365 * 10))
    assert checked(later, roots=[first.pem, second.pem]).holds
    assert not checked(later, roots=[first.pem]).ours


def test_a_key_of_the_operators_seals_too_and_a_wrong_one_is_refused_in_words(tmp_path: Path) -> None:
    signer, own = keys.installed(keys.Place(tmp_path / "own", "Here"), now=NOW)
    secret = serialization.load_pem_private_key((tmp_path / "own" / "seal.key").read_bytes(), None)
    locked = secret.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"open"),
    )
    (tmp_path / "key.pem").write_bytes(locked)
    (tmp_path / "certificate.pem").write_text(own.pem)
    named = keys.Place(
        tmp_path / "none", "Here", str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem"), "open"
    )
    signer, chain = keys.installed(named, now=NOW)
    assert checked(sealing.sealed(seals.plain(), signer, WORDS, now=NOW), roots=[chain.pem]).holds
    assert not (tmp_path / "none").exists()
    other = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "other.pem").write_bytes(other)
    (tmp_path / "empty.pem").write_text("nothing")
    for wrong, says in (
        (replace(named, passphrase="shut"), "cannot be opened"),
        (replace(named, key=str(tmp_path / "gone.pem")), "cannot be read"),
        (replace(named, key=str(tmp_path / "other.pem"), passphrase=""), "does not belong"),
        (replace(named, certificate=str(tmp_path / "empty.pem")), "holds none"),
        (replace(named, token="/no/such/library.so", label="x"), "token"),
    ):
        with pytest.raises(keys.NoSeal, match=says):
            keys.installed(wrong, now=NOW)
    with pytest.raises(keys.NoSeal, match="valid from"):
        keys.installed(named, now=NOW + timedelta(days=365 * 30))
