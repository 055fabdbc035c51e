"""Refusing a step while a check that blocks it fails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from agreements import facts, requirements
from agreements.catalog.vocabulary import STAGES
from agreements.lifecycle import StepNotOpen
from agreements.models import Agreement


class Blocked(StepNotOpen):
    """A step refused by checks; `findings` name what is missing and where to mend it."""

    def __init__(self, findings: list[requirements.Finding]) -> None:
        """Put every message in the refusal."""
        self.findings = findings
        super().__init__("Mend this first: " + " ".join(finding.message for finding in findings))


def refuse_blocks(
    agreement: Agreement, content: Mapping[str, Any], *, stage: str, today: date, since: str = STAGES[0]
) -> None:
    """Raise Blocked if a rule of severity `block` fails on the way to `stage` and no waiver holds today.

    With `since` only the rules asked from that stage on count: what was signed is not judged by newer rules.
    """
    due = STAGES.index(since)
    asked = {rule.id for rule in facts.rules_in_use().rules if STAGES.index(rule.from_stage) >= due}
    found = facts.judge(agreement, content, stage=stage, today=today)
    stopping = [
        one for one in found if one.result == "fail" and one.severity == "block" and one.rule in asked
    ]
    if stopping:
        raise Blocked(stopping)
