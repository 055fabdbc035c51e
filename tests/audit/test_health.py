"""The desk says how far the history is signed, how far outside heads reach, and what to do when something is wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from audit import health as state
from audit import log, witnessing
from audit.models import LOG_STREAM, Notary, OutsideHead
from audit.record import SYSTEM, record
from tests import builders, notarising
from tests.builders import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _begun() -> None:
    builders.world()
    log.enter()


def shown(monkeypatch: pytest.MonkeyPatch, *, minutes: float = 0) -> str:
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(minutes=minutes))
    return " ".join(render_to_string("audit/_health.html").split())


def note(minutes: float = 0) -> None:
    record("thing.noted", stream=LOG_STREAM, actor=SYSTEM, now=NOW + timedelta(minutes=minutes))
    log.enter()


def test_an_intact_history_says_to_where_and_how_old_the_newest_outside_head_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    head = notarising.sign()
    witnessing.seen_outside(1, head.size, how=OutsideHead.MAIL, now=NOW)
    note(minutes=1)
    page = shown(monkeypatch, minutes=1.5)
    assert "History intact" in page and f"to entry <strong>{head.size}</strong>" in page
    assert "1 newer waits to be signed" in page
    assert f"Newest outside head: entry {head.size}, sent by mail 1 minute ago" in page
    assert "1 entry is newer than it, the first of them less than a minute old" in page


def test_when_an_outside_head_covers_all_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    head = notarising.sign()
    witnessing.seen_outside(1, head.size, how=OutsideHead.SHOWN, now=NOW)
    page = shown(monkeypatch)
    assert "shown to us less than a minute ago" in page and "It covers every entry." in page


def test_without_mail_it_says_honestly_that_nobody_outside_holds_a_head(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notarising.sign()
    assert "this installation sends no mail, and what people read here is not outside" in shown(monkeypatch)


def test_before_the_first_head_it_says_whether_the_notary_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "The notary does not run" in shown(monkeypatch)
    Notary.objects.create(id=1, seen_at=NOW)
    assert "the first head comes within ten minutes" in shown(monkeypatch)


def test_a_silent_notary_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    notarising.sign()
    note()
    page = shown(monkeypatch, minutes=3)
    assert "Signing of the history is behind" in page and "has not been heard of since" in page
    assert "History intact" not in page


def test_a_notary_that_runs_but_does_not_sign_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    notarising.sign()
    note()
    Notary.objects.update(seen_at=NOW + timedelta(minutes=20))
    assert "tell the operator" in shown(monkeypatch, minutes=20)
    assert state.health(now=NOW + timedelta(minutes=20)).state == state.BEHIND


def test_a_refusal_stands_first_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    notarising.sign()
    Notary.objects.update(refused="The log has 40 entries; 47 were signed <b>.")
    page = shown(monkeypatch)
    assert "differs from what was signed" in page
    assert "47 were signed" not in page  # why is told to auditors and administrators, on every page
    assert "must be declared" in page and "History intact" not in page


def test_the_numbers_of_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    head = notarising.sign()
    note(1)
    note(2)
    found = state.health(now=NOW + timedelta(minutes=5))
    assert (found.signed, found.unsigned, found.entries) == (head.size, 2, head.size + 2)
    assert (found.outside_behind, found.outside_age) == (head.size + 2, None)
    assert found.waiting_since == NOW + timedelta(minutes=1)
    witnessing.seen_outside(1, head.size + 1, how=OutsideHead.SHOWN, now=NOW)
    found = state.health(now=NOW + timedelta(minutes=5))
    assert (found.outside_behind, found.outside_lag) == (1, timedelta(minutes=3))
