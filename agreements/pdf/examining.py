"""Examining a file that was signed outside, in a process of its own under limits: a hostile one can exhaust that only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from agreements.pdf.outside import MOST_BYTES, UNREADABLE, Certified, NotAccepted

WALL_SECONDS = 30
TOO_MUCH = "This file takes too much time or memory to read. Sign the document as it was given to you, and send that."
_PROGRAM = Path(__file__).with_name("outside.py")
_PASSED_ON = ("PATH", "HOME", "LD_LIBRARY_PATH")


def examine(
    data: bytes, *, prepared: bytes, field: str, name: str, email: str, roots: str, lists: str, now: datetime
) -> Certified:
    """As `outside.examined`, with the operator's files of roots and revocation lists. Raises NotAccepted."""
    if len(data) > MOST_BYTES:
        raise NotAccepted(UNREADABLE)
    asked = {"length": len(prepared), "field": field, "name": name, "email": email, "roots": roots, "lists": lists,
             "now": now.isoformat()}  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_PROGRAM)],
            input=json.dumps(asked).encode() + b"\n" + prepared + data,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
            env={key: os.environ[key] for key in _PASSED_ON if key in os.environ},
        )
    except subprocess.TimeoutExpired:
        raise NotAccepted(TOO_MUCH) from None
    if done.returncode != 0:
        raise NotAccepted(TOO_MUCH)
    said = json.loads(done.stdout)
    if "reason" in said:
        raise NotAccepted(said["reason"])
    return Certified(**said["certified"])
