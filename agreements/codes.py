"""The code printed on a final document, with which anybody can ask here whether it is genuine: 128 bits, 26 characters.

It follows from the text that was signed and from this site's secret: it is the same however often the document is
rendered, and nobody who does not hold the document can guess it.
"""

from __future__ import annotations

import re

from django.utils.crypto import salted_hmac

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without letters that are taken for others."""
LENGTH, BITS = 26, 128
MARK = "Concordat code "
"""What stands before the code in the seal, where both can be read without opening the document."""
_TAKEN_FOR = str.maketrans("OIL", "011")
_IN_FILE = re.compile(MARK.encode() + rb"([0-9A-Z]{26})")
MOST = 8


def of(sha256: str) -> str:
    """The code of the document made from the text with this SHA-256."""
    digest = salted_hmac("agreements.codes", sha256, algorithm="sha256").digest()
    number = int.from_bytes(digest[: BITS // 8])
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))


def grouped(code: str) -> str:
    """As it is printed: four groups of five and one of six."""
    return "-".join([*(code[place : place + 5] for place in range(0, 20, 5)), code[20:]])


def read(typed: str) -> str:
    """The code in what somebody typed, whatever they put between the groups; empty if it can't be one."""
    found = re.sub(r"[\s\-–—.]", "", typed).upper().translate(_TAKEN_FOR)
    return found if len(found) == LENGTH and set(found) <= set(ALPHABET) else ""


def in_file(data: bytes) -> list[str]:
    """The codes that a file bears in the clear, the newest first."""
    found = [match.decode() for match in _IN_FILE.findall(data)]
    return list(dict.fromkeys(reversed(found)))[:MOST]
