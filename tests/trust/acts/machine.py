"""The state machine: every act on executed agreements, in any order, each compared with the model."""

from __future__ import annotations

from tests.trust.acts.changing import Changing
from tests.trust.acts.going_on import GoingOn
from tests.trust.acts.parting import Parting

RULES = {
    "suspend": "suspend", "resume": "resume", "flow": "mark", "review": "decide", "amend": "amend", "join": "join",
    "renew": "renew", "terminate": "terminate", "withdraw": "withdraw", "acknowledge": "acknowledge", "breach": "breach",
    "cure": "cure", "unimport": "unimport", "relate": "relate",
}  # fmt: skip
"""The steps of the lifecycle that are taken with an executed agreement, each with the rule that takes it."""


class Acts(GoingOn, Changing, Parting):
    """One agreement after another, a clock that only goes forward, and everybody's acts."""
