"""The newest head of a day is stamped by an authority outside, tried again when it fails, and openssl agrees."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from audit import stamps
from audit.models import LOG_STREAM, Checkpoint, Stamp
from audit.record import SYSTEM, record
from common import outbox
from common.models import Job
from tests import builders, notarising
from tests.builders import NOW

pytestmark = pytest.mark.django_db
TOMORROW = NOW.date() + timedelta(days=1)

CONFIGURATION = """
[ req ]
distinguished_name = name
prompt = no
[ name ]
CN = {name}
[ root ]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[ tsa ]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ tsa_config ]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/root.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
"""


def openssl(*words: object, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *map(str, words)], input=given, capture_output=True, check=True).stdout


class Authority:
    """A time stamp authority made of openssl, behind HTTP; it can be told to fail, or to answer another's question."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = 0
        self.fails: str = ""
        for name in ("root", "tsa"):
            (folder / f"{name}.cnf").write_text(CONFIGURATION.format(name=f"Test {name}", folder=folder))
        (folder / "serial").write_text("01\n")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 3650,
                "-keyout", folder / "root.key", "-out", folder / "root.pem", "-config", folder / "root.cnf",
                "-extensions", "root")  # fmt: skip
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                folder / "tsa.key", "-out", folder / "tsa.csr", "-config", folder / "tsa.cnf")  # fmt: skip
        openssl("x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "root.pem", "-CAkey", folder / "root.key",
                "-set_serial", 7, "-days", 3650, "-out", folder / "tsa.pem", "-extfile", folder / "tsa.cnf",
                "-extensions", "tsa")  # fmt: skip

    def answer(self, query: bytes) -> bytes:
        self.asked += 1
        if self.fails == "other question":
            query = openssl("ts", "-query", "-digest", "ab" * 32, "-sha256", "-cert")
        (self.folder / "query").write_bytes(query)
        openssl("ts", "-reply", "-queryfile", self.folder / "query", "-config", self.folder / "tsa.cnf", "-section",
                "tsa_config", "-out", self.folder / "reply")  # fmt: skip
        return b"" if self.fails == "nothing" else (self.folder / "reply").read_bytes()


@pytest.fixture(scope="module")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Authority, str]]:
    made = Authority(tmp_path_factory.mktemp("tsa"))

    class Talk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if self.headers["Content-Type"] != "application/timestamp-query" or made.fails == "503":
                self.send_error(503)
                return
            reply = made.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Talk)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made, f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def authority(_authority: tuple[Authority, str], settings: Any) -> Authority:
    made, settings.TIMESTAMP_URL = _authority
    settings.TIMESTAMP_CA = str(made.folder / "root.pem")
    made.fails, made.asked = "", 0
    return made


@pytest.fixture(autouse=True)
def head() -> Checkpoint:
    builders.world()
    notarising.sign(at=NOW - timedelta(hours=1))
    record("thing.noted", stream=LOG_STREAM, actor=SYSTEM, now=NOW)
    return notarising.sign()


def due() -> Job:
    Job.objects.filter(kind="stamp").update(run_after=NOW)
    Job.objects.exclude(kind="stamp").update(done_at=NOW)
    return Job.objects.get(kind="stamp")


def test_the_newest_head_of_the_day_is_stamped_once_and_openssl_agrees(
    authority: Authority, head: Checkpoint, tmp_path: Path
) -> None:
    assert stamps.ask(today=TOMORROW) and not stamps.ask(today=TOMORROW)
    due()
    assert outbox.work(now=NOW) == 1 and authority.asked == 1
    stamp = Stamp.objects.get()
    assert stamp.checkpoint == head and stamp.authority.startswith("http://127.0.0.1")
    page = Client().get("/audit/heads/").content.decode()
    for kind in ("txt", "tsr"):
        assert f"/audit/heads/stamps/{stamp.pk}.{kind}" in page
        (tmp_path / f"head.{kind}").write_bytes(
            Client().get(f"/audit/heads/stamps/{stamp.pk}.{kind}").content
        )
    words = ("ts", "-verify", "-data", tmp_path / "head.txt", "-in", tmp_path / "head.tsr", "-CAfile",
             authority.folder / "root.pem")  # fmt: skip
    assert b"Verification: OK" in openssl(*words)
    (tmp_path / "head.txt").write_text(head.note.replace("\n", " \n", 1))
    with pytest.raises(subprocess.CalledProcessError):
        openssl(*words)


@pytest.mark.parametrize("fails", ["503", "nothing", "other question"])
def test_an_authority_that_fails_is_asked_again(authority: Authority, fails: str) -> None:
    authority.fails = fails
    stamps.ask(today=TOMORROW)
    due()
    assert outbox.work(now=NOW) == 0 and not Stamp.objects.exists()
    job = Job.objects.get(kind="stamp")
    assert (job.failures, job.parked_at) == (1, None)
    authority.fails = ""
    assert outbox.work(now=job.run_after) == 1
    assert Stamp.objects.count() == 1


def test_a_stamp_of_an_authority_other_than_the_chosen_is_refused(
    authority: Authority, settings: Any, tmp_path: Path
) -> None:
    settings.TIMESTAMP_CA = str(Authority(tmp_path).folder / "root.pem")
    stamps.ask(today=TOMORROW)
    due()
    assert outbox.work(now=NOW) == 0 and not Stamp.objects.exists()


def test_without_an_authority_nothing_is_asked(settings: Any) -> None:
    settings.TIMESTAMP_URL = ""
    assert not stamps.ask(today=TOMORROW) and not Job.objects.filter(kind="stamp").exists()


def test_a_day_without_heads_asks_for_nothing(authority: Authority) -> None:
    assert not stamps.ask(today=date(2020, 1, 1))


def test_a_stamp_is_only_added(authority: Authority) -> None:
    stamps.ask(today=TOMORROW)
    due()
    outbox.work(now=NOW)
    for statement in ("UPDATE audit_stamp SET reply = ''", "DELETE FROM audit_stamp"):
        with (
            pytest.raises(Exception, match="only added to"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
