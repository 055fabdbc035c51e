"""Attacks from and to the world outside: scripts in what people type and put in (S13), addresses that we might be made
to ask (S15), and guessing at the public page that verifies (S17)."""

from __future__ import annotations

import ast
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from django.conf import settings as site
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agreements import codes
from agreements.models import Agreement, SealedDocument
from agreements.operations import drafting, importing, negotiating, waiving
from common import outgoing
from tests import builders
from tests.agreements.pages import browser, url
from tests.builders import NOW, World, again
from tests.notarising import kept
from tests.trust import guessing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
SCRIPTS = (
    "<script>kestrel()</script>",
    "<img src=x onerror=kestrel()>",
    "<svg/onload=kestrel()>",
    "</title><script>kestrel()</script>",
    "'\"><script>kestrel()</script>",
    "[a](javascript:kestrel())",
    '<a href="javascript:kestrel()">x</a>',
    "{{ kestrel }}<iframe srcdoc='<script>kestrel()</script>'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=kestrel()>",
    "<!--><script>kestrel()</script>-->",
    "\\x3cscript\\x3ekestrel()",
    "<details open ontoggle=kestrel()>",
)
ALIVE = re.compile(r"<(script|iframe|svg|math|details|img|style|object|embed)\b[^>]*kestrel|<[^>]+\son\w+=[^>]*kestrel|"
                   r"<[^>]+\shref=[\"']?\s*javascript:|<script>\s*kestrel", re.I)  # fmt: skip
"""What would run in a browser; the same characters as text are harmless."""


def alive(answer: Any) -> list[str]:
    """What of a page would run."""
    return [found.group() for found in ALIVE.finditer(answer.content.decode())]


def test_s13_no_script_in_any_text_runs_on_any_page(made: World) -> None:
    agreement = builders.drafted(made, title="Sharing of records", short=True)
    wild = " ".join(SCRIPTS)
    party = agreement.parties.get(agency=made.riverton)
    actor = made.riverton_liaison
    provision = agreement.provisions.order_by("position_in_order")[0]
    drafting.edit(provision, values={"text": wild, "heading": SCRIPTS[0]}, actor=actor, now=NOW)
    drafting.edit(party, values={"legal_authority": wild[:300]}, actor=actor, now=NOW)
    builders.completed(made, again(agreement))
    for words in SCRIPTS:
        negotiating.comment(again(agreement), text=words, actor=actor, now=NOW)
    waiving.record_filing(again(agreement), kind="resolution", actor=made.riverton_counsel, now=NOW,
                          values={"reference": wild[:200], "on": NOW.date(), "party": party, "note": wild})  # fmt: skip
    client = browser(made.riverton_counsel)
    pages = ("", "data/", "checks/", "discussion/", "versions/", "approvals/", "dates/", "history/", "files/")
    found = {path: alive(client.get(url(agreement, path))) for path in pages}
    assert not any(found.values()), found
    assert "kestrel" in client.get(url(agreement, "discussion/")).content.decode()


def test_s13_the_name_of_a_file_does_nothing_and_its_type_is_not_believed(made: World) -> None:
    name = "<img src=x onerror=kestrel()>\u202efdp.html.txt"
    agreement = builders.imported(made, name=name)
    client = browser(made.mesa_liaison)
    page = client.get(url(agreement, "files/"))
    assert alive(page) == []
    assert "\u202e" not in page.content.decode()
    answer = client.get(url(agreement, "files/source"))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert (
        answer.headers["Content-Disposition"]
        == f'attachment; filename="{agreement.reference}-as-imported.txt"'
    )
    page = SimpleUploadedFile("a.pdf", b"<html><script>kestrel()</script>", "text/html")
    assert client.post("/verify/", {"file": page}).headers["Content-Type"] == "text/html; charset=utf-8"
    assert alive(client.post("/verify/", {"code": SCRIPTS[0]})) == []


def test_s13_every_answer_forbids_scripts_and_guessing_of_types(made: World) -> None:
    agreement = builders.executed(made, short=True)
    kept(agreement, b"%PDF-1.7 signed")
    client = browser(made.mesa_liaison)
    files = ("files/final.pdf", "files/packet.zip", "versions/1/version.docx")
    for path in ("", "files/", "discussion/", *files):
        answer = client.get(url(agreement, path))
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy and "unsafe" not in policy, path
        assert "object-src 'none'" in policy and "frame-ancestors 'none'" in policy
        if path in files:
            assert answer.headers["Content-Disposition"].startswith("attachment; "), path
    for answer in (
        Client().get("/verify/"),
        Client().post("/api/v1/verify/", {}, content_type="application/json"),
    ):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


REACHES = {
    "socket",
    "urllib.request",
    "http.client",
    "requests",
    "aiohttp",
    "smtplib",
    "ftplib",
    "urllib3",
    "httpx",
}
ASKED = {
    "common/outgoing.py": "TIMESTAMP_URL",
    "common/mail.py": "EMAIL_URL",
}
"""The only modules of the product that can reach out, and the setting that alone says where."""
APPS = ("agencies", "agreements", "audit", "common")


def imported_by(file: Path) -> set[str]:
    """What a module imports, by full name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def test_s15_nothing_that_reaches_out_takes_its_address_from_anybody_but_the_operator() -> None:
    """There are no webhooks, no fetched pictures, no feeds: two kinds of address at all, both settings."""
    reaching = {
        str(file.relative_to(site.BASE_DIR))
        for app in APPS
        for file in (Path(site.BASE_DIR) / app).rglob("*.py")
        if imported_by(file) & REACHES
    }
    assert reaching <= set(ASKED), (
        f"Say in docs/security.md where these may reach, and test it: {reaching - set(ASKED)}"
    )
    for module in ("audit/stamps.py", "agreements/operations/sealing.py"):
        assert "settings.TIMESTAMP_URL" in (Path(site.BASE_DIR) / module).read_text(encoding="utf-8")
    fetching = {
        str(file.relative_to(site.BASE_DIR))
        for app in APPS
        for file in (Path(site.BASE_DIR) / app).rglob("*.py")
        if "allow_fetching=True" in file.read_text(encoding="utf-8")
    }
    # For B-LTA alone: what validates the operator's own certificate and the authority's, never anybody else's.
    assert fetching == {"agreements/pdf/sealing.py"}


INSIDE = ("http://127.0.0.1:{port}/inside", "http://localhost:{port}/inside", "http://[::ffff:7f00:1]:{port}/inside",
          "http://2130706433:{port}/inside", "file:///etc/hostname", "ftp://127.0.0.1/inside", "//127.0.0.1:{port}/inside",
          "/inside")  # fmt: skip


class Sender(BaseHTTPRequestHandler):
    """An authority that sends whoever asks it elsewhere, and notes who comes there."""

    to = ""
    came: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.came.append(self.path)
        self.send_response(302)
        self.send_header("Location", self.to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *said: Any) -> None:
        """Nothing."""


@pytest.mark.parametrize("inside", INSIDE)
def test_s15_even_the_configured_authority_sends_us_nowhere_else(inside: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Sender) as server:
        port = server.server_address[1]
        Thread(target=server.serve_forever, daemon=True).start()
        Sender.to, Sender.came[:] = inside.format(port=port), []
        with pytest.raises((OSError, ValueError)):
            outgoing.posted(
                f"http://127.0.0.1:{port}/asked",
                b"?",
                kind="application/timestamp-query",
                seconds=5,
                most=100,
            )
        server.shutdown()
    assert Sender.came == ["/asked"]


@pytest.mark.parametrize(
    "address", ["file:///etc/hostname", "ftp://127.0.0.1/", "data:,x", "", "gopher://127.0.0.1/"]
)
def test_s15_only_web_addresses_are_asked_at_all(address: str) -> None:
    with pytest.raises(ValueError, match="Only http and https"):
        outgoing.posted(address, b"?", kind="text/plain", seconds=1, most=1)


@pytest.fixture
def done(made: World) -> Agreement:
    agreement = builders.executed(made, short=True)
    kept(agreement, b"%PDF-1.7 signed")
    return agreement


def test_s17_guessing_codes_tells_nothing(done: Agreement) -> None:
    assert guessing.run(120) == []


def test_s17_without_the_limit_of_tries_there_is_still_nothing_to_see(done: Agreement) -> None:
    """A code that is nearly right is answered like any other, on the page and by the API."""
    cache.clear()
    code = SealedDocument.objects.get().code
    near = code[:-1] + next(each for each in codes.ALPHABET if each != code[-1])
    answers = [
        Client().post("/api/v1/verify/", {"code": each}, content_type="application/json")
        for each in (near, "0" * 26)
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].content == answers[1].content
    assert importing.already_anywhere(code, []) is None
