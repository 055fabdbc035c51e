"""Attacks on the making of the final document: that it is given up, that it fetches, that it eats the machine."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.core.management import call_command

from agreements import pdf, undone
from agreements.models import SealedDocument
from agreements.pdf import layout, press
from common import outbox
from common.models import Job
from config import health
from tests import builders, notarising
from tests.agreements.pages import browser, text, url
from tests.api.calling import Program
from tests.builders import NOW, World


def broken(*given: Any, **named: Any) -> bytes:
    raise pdf.RenderFailed("The library for fonts is gone.")


@pytest.mark.django_db
@pytest.mark.usefixtures("today")
def test_s06_rendering_broken_for_three_days_then_mended_seals_all_and_none_by_hand(
    made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreements = [builders.executed(made, title=f"Exchange {number}", short=True) for number in range(3)]
    notarising.sign()
    Job.objects.filter(kind="pdf").update(run_after=NOW)
    with monkeypatch.context() as while_broken:
        while_broken.setattr(pdf, "render", broken)
        for hour in range(72):
            outbox.work(now=NOW + timedelta(hours=hour))
    assert SealedDocument.objects.count() == 0
    assert {row.agreement.pk for row in undone.all_of_them()} == {row.pk for row in agreements}
    assert {row.state for row in undone.all_of_them()} == {"failing"}
    monkeypatch.setattr(health.timezone, "now", lambda: datetime.now(UTC) + timedelta(days=400))
    with pytest.raises(
        health.NotReady, match=r"3 final documents are not made, the oldest due since .*; 0 set aside"
    ):
        health._documents()
    outbox.work(now=NOW + timedelta(hours=72 + 6))
    assert SealedDocument.objects.filter(agreement__in=agreements).count() == 3
    assert list(undone.all_of_them()) == [] and health._documents() == "all made or being made"


@pytest.mark.django_db
@pytest.mark.usefixtures("today")
def test_s06_what_was_set_aside_is_seen_and_made_when_asked_for(
    made: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    agreement = builders.executed(made, short=True)
    notarising.sign()
    Job.objects.filter(kind="pdf").update(run_after=NOW)
    client, page = browser(made.mesa_liaison), url(agreement, "files/")
    program, retry = Program(made.mesa_liaison), f"agreements/{agreement.pk}/document/retry/"
    assert "is being prepared" in text(client.get(page))
    assert program.call("post", retry).status_code == 409
    monkeypatch.setattr(pdf, "render", broken)
    outbox.work(now=NOW)
    shown = text(client.get(page))
    assert "could not be made yet" in shown and "The library for fonts is gone." in shown
    Job.objects.filter(kind="pdf").update(failures=99)
    outbox.work(now=NOW + timedelta(days=9))
    assert "set aside until somebody asks" in text(client.get(page))
    assert program.get(f"agreements/{agreement.pk}/document/").json()["state"] == "set aside"
    call_command("documents")
    assert f"{agreement.reference}  due since 2026-03-02 15:00Z  set aside" in capsys.readouterr().out
    monkeypatch.undo()
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    assert client.post(url(agreement, "files/retry/")).status_code == 302
    outbox.work(now=NOW)
    assert "Download the signed PDF" in text(client.get(page))
    assert program.get(f"agreements/{agreement.pk}/document/").json()["state"] == "sealed"
    assert program.call("post", retry).status_code == 409
    assert agreement.reference not in (call_command("documents") or capsys.readouterr().out)
    assert browser(made.outsider).post(url(agreement, "files/retry/")).status_code == 404


class Canary(http.server.BaseHTTPRequestHandler):
    """Counts who comes; one address leads to the other, as a fetcher that follows would find out."""

    def do_GET(self) -> None:
        self.server.hits.append(self.path)  # type: ignore[attr-defined]
        self.send_response(302 if "away" in self.path else 200)
        self.send_header("Location", "/landed")
        self.end_headers()
        self.wfile.write(b"CANARY-SECRET")

    def log_message(self, *given: Any) -> None:
        """Nothing."""


@pytest.fixture
def canary() -> Iterator[Any]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canary) as server:
        server.hits = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


PAYLOADS = {
    "image": '<img src="{}" alt="x">', "picture": '<picture><source srcset="{}"><img alt="x"></picture>',
    "style sheet": '<link rel="stylesheet" href="{}">', "import": "<style>@import url({});</style>",
    "background": "<style>body {{ background: url({}) }}</style>",
    "font": "<style>@font-face {{ font-family: f; src: url({}) }} body {{ font-family: f }}</style>",
    "object": '<object data="{}"></object>', "embed": '<embed src="{}">', "attachment": '<link rel="attachment" href="{}">',
    "anchor that attaches": '<a rel="attachment" href="{}">x</a>',
    "list mark": "<style>li {{ list-style-image: url({}) }}</style><ul><li>x</ul>",
    "content": "<style>p::before {{ content: url({}) }}</style><p>x",
    "drawing with an image": '<svg width="9" height="9"><image href="{}" width="9" height="9"/></svg>',
    "drawing that uses another": '<svg width="9" height="9"><use href="{}#a"/></svg>',
    "drawing in a drawing": '<img alt="x" src="data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22%3E%3Cimage href=%22{}%22/%3E%3C/svg%3E">',
    "namespace": '<style>@namespace url({}); @namespace s url("{}"); s|p {{ color: red }}</style>',
    "base": '<base href="{}"><img src="x.png" alt="x">',
    "entity": '<!DOCTYPE html [<!ENTITY e SYSTEM "{}">]><p>&e;</p>',
    "frame": '<iframe src="{}"></iframe>', "refresh": '<meta http-equiv="refresh" content="0;url={}">',
}  # fmt: skip


@pytest.mark.parametrize("kind", list(PAYLOADS))
def test_s10_a_document_fetches_nothing_from_anywhere(kind: str, canary: Any, tmp_path: Path) -> None:
    secret = tmp_path / "canary.txt"
    secret.write_text("CANARY-SECRET")
    there = f"http://127.0.0.1:{canary.server_port}"
    for address in (f"{there}/x.png", f"{there}/away", secret.as_uri()):
        page = f"<html lang=en><title>x</title><p>ok</p>{PAYLOADS[kind].replace('{}', address).replace('{{', '{').replace('}}', '}')}"
        content = layout.lay_out(page, f"@import url({there}/a.css); p {{ color: black }}")
        assert b"CANARY" not in content and "CANARY" not in _words(content)
    assert canary.hits == []


def test_s10_the_canary_would_be_seen_if_documents_fetched(
    canary: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout.Refusing, "fetch", layout.URLFetcher.fetch)
    layout.lay_out(
        f'<html lang=en><title>x</title><img alt="x" src="http://127.0.0.1:{canary.server_port}/away">', ""
    )
    assert canary.hits == ["/away", "/landed"]


def _words(content: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages)


HOSTILE = {
    "rows": "<table>" + "<tr><td>x</td><td>y</td></tr>" * 30_000 + "</table>",
    "nesting": "<div>" * 3_000 + "x" + "</div>" * 3_000,
    "tables in tables": "<table><tr><td>" * 120 + "x" + "</td></tr></table>" * 120,
    "unbroken text": f"<p>{'x' * 100_000}</p>",
    "much": "<p>word " * 200_000,
}


def test_s11_hostile_documents_cost_one_job_each_and_the_others_wait_less_than_a_minute() -> None:
    own = press.Press(seconds=1, wall=10, memory=700 << 20)
    failed, longest = 0, 0.0
    try:
        for markup in HOSTILE.values():
            at = time.monotonic()
            try:
                own.render(f"<html lang=en><title>x</title>{markup}", "")
            except pdf.RenderFailed as refused:
                failed += 1
                assert refused.reason
            assert own.render("<html lang=en><title>x</title><p>A good one.", "").startswith(b"%PDF")
            longest = max(longest, time.monotonic() - at)
    finally:
        own.close()
    assert failed >= 2
    assert longest < 60
