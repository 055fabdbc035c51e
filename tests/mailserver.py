"""A mail server on this machine: takes every mail, keeps its bytes."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP


class Inbox(socketserver.ThreadingTCPServer):
    """What was taken so far."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.taken: list[bytes] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=SMTP) for raw in self.taken]

    def texts(self) -> list[str]:
        """What a reader of each mail sees, with plain line ends."""
        return [mail.get_content().replace("\r\n", "\n") for mail in self.mails]


class _Talk(socketserver.StreamRequestHandler):
    server: Inbox

    def handle(self) -> None:
        self._say("220 test")
        for line in self.rfile:
            word = line[:4].upper().strip()
            if word == b"EHLO":
                self._say("250-test\r\n250 8BITMIME")
            elif word == b"DATA":
                self._say("354 go on")
                self.server.taken.append(self._data())
                self._say("250 taken")
            else:
                self._say("221 bye" if word == b"QUIT" else "250 ok")
            if word == b"QUIT":
                return

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")

    def _data(self) -> bytes:
        found = b""
        for line in self.rfile:
            if line == b".\r\n":
                break
            found += line[1:] if line.startswith(b"..") else line
        return found


@contextmanager
def running() -> Iterator[Inbox]:
    """The server, while a test lasts."""
    with Inbox() as inbox:
        thread = threading.Thread(target=inbox.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield inbox
        inbox.shutdown()
        thread.join()
