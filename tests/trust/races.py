"""`python -m tests.trust.races [PAIRS TRIPLES SEALED]`: the last signatures of an agreement, given at the same moment.

2,000 agreements of two signatories and 500 of three (or as many as named) on a PostgreSQL of its own, each signatory
on a connection of their own; then two workers seal them (the first SEALED of them, or all). Ends with 1 and says
what is wrong, if anything is: exactly one execution, one job, one document and one file each, and none stuck.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Barrier
from typing import Any
from uuid import UUID

TWO, THREE = ("riverton", "mesa"), ("riverton", "mesa", "harbor")
PAIRS, TRIPLES = 2_000, 500


def _use() -> Any:
    """What is raced with: Django has to be set up before it is imported."""
    return import_module("tests.trust.racing")


def signers(agreement: Any) -> list[UUID]:
    """The requests that are open."""
    return list(agreement.signature_requests.filter(answered_at=None).values_list("pk", flat=True))


def run(agreement: UUID, requests: Sequence[UUID]) -> list[str]:
    """All these people sign at once, each on a connection of their own; what any of them was refused with."""
    barrier = Barrier(len(requests))
    with ThreadPoolExecutor(len(requests)) as pool:
        found = pool.map(lambda request: _use().signed(agreement, request, barrier), requests)
        return [said for said in found if said]


def wrong(agreements: Sequence[UUID], *, sealed: bool) -> list[str]:
    """Each agreement that is not executed once, by everybody, with one job, and (if asked) one document."""
    return [said for key in agreements for said in _use().faults(key, sealed=sealed)]


def main(pairs: int, triples: int, sealed: int) -> int:
    """Build, race, seal, count."""
    import_module("django").setup()
    import_module("django.core.management").call_command("migrate", verbosity=0)
    racing, began = _use(), time.monotonic()
    keys = racing.build(pairs, triples)
    print(f"{len(keys)} agreements out for signature ({time.monotonic() - began:.0f} s)", flush=True)
    began = time.monotonic()
    refused = [said for key in keys for said in run(key, racing.open_requests(key))]
    print(f"raced in {time.monotonic() - began:.0f} s; {len(refused)} refusals", flush=True)
    began = time.monotonic()
    racing.seal(keys[:sealed])
    print(
        f"{len(keys[:sealed])} sealed by two workers at once in {time.monotonic() - began:.0f} s", flush=True
    )
    found = refused + wrong(keys, sealed=False) + wrong(keys[:sealed], sealed=True) + racing.unnamed(keys)
    print("\n".join(found) if found else "Each executed once, each sealed once, none stuck.")
    return int(bool(found))


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    with import_module("tests.bench.scratch").servers():
        os.environ.setdefault("NOTARY_DIR", os.environ["VAR_DIR"] + "/notary")
        sys.exit(main(*(given + [PAIRS, TRIPLES, PAIRS + TRIPLES][len(given) :])))
