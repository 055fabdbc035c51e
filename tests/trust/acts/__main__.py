"""`python -m tests.trust.acts [TRANSITIONS]`: every act in any order on agreements of two to five parties, 100,000 times.

Runs in a database of its own, which pytest makes and drops. It goes on after a difference, so that one run finds many.
"""

from __future__ import annotations

import os
import sys

import pytest

FULL = 100_000


def main() -> int:
    """Run until so many acts were tried; ends with 1 if anything differs from the model."""
    os.environ["ACTS_TRANSITIONS"] = sys.argv[1] if len(sys.argv) > 1 else str(FULL)
    return int(pytest.main(["-q", "-s", "--tb=short", "-p", "no:cacheprovider", "tests/trust/acts/whole.py"]))


if __name__ == "__main__":
    sys.exit(main())
