"""`python -m tests.trust.acts [TRANSITIONS [FIRST]]`: every act in any order on agreements of two to five parties, 100,000 times.

Runs in a database of its own, which pytest makes and drops. It goes on after a difference, so that one run finds many.
Each number from FIRST (1,000) on makes other sequences: two that run side by side begin at different ones.
"""

from __future__ import annotations

import os
import sys

import pytest

FULL, FIRST = 100_000, 1_000


def main() -> int:
    """Run until so many acts were tried; ends with 1 if anything differs from the model."""
    given = sys.argv[1:] + [str(FULL), str(FIRST)][len(sys.argv) - 1 :]
    os.environ |= dict(zip(("ACTS_TRANSITIONS", "ACTS_FIRST"), given, strict=True))
    return int(pytest.main(["-q", "-s", "--tb=short", "-p", "no:cacheprovider", "tests/trust/acts/whole.py"]))


if __name__ == "__main__":
    sys.exit(main())
