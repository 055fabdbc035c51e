"""Guessing codes at the public page that verifies documents: every wrong guess is answered with the same bytes.

`python -m tests.trust.guessing` tries 10,000 (GUESSES=500: as many) against an installation made for it; the suite 200.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from random import Random
from unittest import mock

if __name__ == "__main__":
    import django

    os.environ |= {"CONCORDAT_ENV": "embedded", "DJANGO_SETTINGS_MODULE": "config.settings"}
    django.setup()

from django.core.cache import cache
from django.test import Client

from agreements import codes
from agreements.models import SealedDocument

FULL = 10_000
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"|hx-headers[^=]*=\'[^\']*\'')
"""What differs between any two answers of one page, whatever was asked."""


def run(number: int, seed: int = 17) -> list[str]:
    """What went wrong: an answer unlike the others, or an error. The limit of tries is lifted."""
    random, known = Random(seed), set(SealedDocument.objects.values_list("code", flat=True))
    client, bodies, wrong = Client(), set[tuple[int, bytes]](), list[str]()
    with mock.patch("common.limits.TRIES", number * 3):
        cache.clear()
        for turn in range(number):
            code = _guess(random, sorted(known), turn)
            api = client.post("/api/v1/verify/", {"code": code}, content_type="application/json")
            bodies.add((api.status_code, api.content))
            if turn % 10 == 0:
                page = client.post("/verify/", {"code": code})
                bodies.add((page.status_code, TOKEN.sub(b"", page.content)))
    cache.clear()
    if {status for status, _ in bodies} != {404}:
        wrong.append(f"answered {sorted({status for status, _ in bodies})}")
    if len(bodies) != 2:
        wrong.append(f"{len(bodies)} different answers, where page and API have one each")
    return wrong


def _guess(random: Random, known: list[str], turn: int) -> str:
    """By chance, or a code there is with one character changed."""
    if known and turn % 2:
        code, place = random.choice(known), random.randrange(codes.LENGTH)
        return code[:place] + random.choice(codes.ALPHABET.replace(code[place], "")) + code[place + 1 :]
    return "".join(random.choices(codes.ALPHABET, k=codes.LENGTH))


if __name__ == "__main__":
    asked = {**os.environ, "GUESSES": os.environ.get("GUESSES", str(FULL)), "CONCORDAT_ENV": "test"}
    del asked["DJANGO_SETTINGS_MODULE"]  # or it would be read before the tests have an address for it
    command = [sys.executable, "-m", "pytest", "-q", "--timeout=0", "tests/trust/test_guessing.py"]
    sys.exit(subprocess.call(command, env=asked))
