"""A time stamp authority made of openssl, for tests: a second tool's answers, over HTTP on this machine."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

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


@contextmanager
def serving(folder: Path) -> Iterator[tuple[Authority, str]]:
    """An authority and its address, until the block ends."""
    made = Authority(folder)

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
