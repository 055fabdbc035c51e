"""`python -m tests.trust.dates --cases 1000000`: the product against the wall calendar, case by case.

Each case is another agreement: its day is one of every day from 2024 to 2040, in turn, in one of eight time zones. Of
every thousandth the standing is compared on every single day of those years. Ends with 1 if anything differs.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable
from datetime import timedelta
from multiprocessing import Pool

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("CONCORDAT_ENV", "test")

import django

django.setup()

from agreements import term  # noqa: E402 -- models need the settings
from tests.trust.dates import cases, compared, oracle  # noqa: E402

CHUNK, EVERY = 2_000, 1_000


def checked(work: tuple[int, int, int]) -> tuple[int, int, list[str]]:
    """Cases from the first to before the last: how many, on how many days in all, and what differs."""
    seed, first, last = work
    wrong: list[str] = []
    days = 0
    for index in range(first, last):
        case = cases.drawn(seed, index)
        wrong += [f"case {seed}/{index}: {words}" for words in compared.differences(case)]
        days += 2
        if index % EVERY == 0:
            days += cases.DAYS
            wrong += [f"case {seed}/{index}: {words}" for words in every_day(case)]
    return last - first, days, wrong


def every_day(case: compared.Case) -> Iterable[str]:
    """The standing of one agreement on every day from 2024 to 2040."""
    dates = term.fixed(compared.content_of(case), compared.facts_of(case), legal_months=case["legal_months"])
    agreement, found = compared.agreement_of(case, dates), oracle.spans(case)
    for step in range(cases.DAYS):
        yield from compared.standings(case, agreement, found, cases.FROM + timedelta(days=step))


def main() -> int:
    """Run, say what was looked at, and what differs."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=1_000_000)
    asked.add_argument("--seed", type=int, default=2026)
    asked.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = asked.parse_args()
    began, done, days = time.monotonic(), 0, 0
    wrong: list[str] = []
    work = [(given.seed, at, min(at + CHUNK, given.cases)) for at in range(0, given.cases, CHUNK)]
    with Pool(given.processes) as pool:
        for count, seen, found in pool.imap_unordered(checked, work):
            done, days, wrong = done + count, days + seen, wrong + found
    print(
        f"{done:,} agreements, {days:,} standings, {time.monotonic() - began:.0f} s, {len(wrong)} differences"
    )
    for words in wrong[:40]:
        print(words)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
