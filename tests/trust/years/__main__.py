"""`python -m tests.trust.years [AGREEMENTS [YEARS]]`: 2,000 agreements over five years, with everything that goes wrong.

On a PostgreSQL of its own. Each night everything due is looked for, unless the clock stands still for some days;
sometimes two processes look, and deliver, at the same moment; for a week the mail server is away. Ends with 1 and says
what is wrong, if anything is.
"""

from __future__ import annotations

import random
import sys
import time
from importlib import import_module

import django
from django.core.management import call_command

from tests.bench.scratch import servers

AGREEMENTS, YEARS, AGENCIES = 2_000, 5, 10
SEED = 20261122


def main(agreements: int = AGREEMENTS, years: float = YEARS) -> int:
    """Run, compare, say how long it took."""
    with servers():
        django.setup()
        call_command("migrate", verbosity=0)
        running, checks = (import_module(f"tests.trust.years.{name}") for name in ("running", "checks"))
        lived, began = running.Years(random.Random(SEED)), time.monotonic()
        lived.cast(AGENCIES)

        def say(day: int) -> None:
            if day % 30 == 0:
                print(
                    f"day {day:,}: {time.monotonic() - began:.0f} s, {len(lived.stated):,} reminders",
                    flush=True,
                )
            if day in {90, 366, 1096}:
                print("so far:", checks.judge(lived).words(), flush=True)

        running.run(lived, agreements=agreements, days=round(years * 365.25), say=say)
        verdict = checks.judge(lived)
        print(verdict.words(), f"{(time.monotonic() - began) / 60:.1f} minutes", sep="\n")
        print(
            "Each due reminder once, each lapse announced, no renewal unseen."
            if not verdict.wrong
            else "WRONG"
        )
        return int(bool(verdict.wrong))


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:3])))
