"""Refusing a step while a check that blocks it fails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from agreements import catalog, requirements
from agreements.lifecycle import StepNotOpen


class Blocked(StepNotOpen):
    """A step refused by checks; `findings` name what is missing and where to mend it."""

    def __init__(self, findings: list[requirements.Finding]) -> None:
        """Put every message in the refusal."""
        self.findings = findings
        super().__init__("Mend this first: " + " ".join(finding.message for finding in findings))


def refuse_blocks(content: Mapping[str, Any], *, stage: str, today: date) -> None:
    """Raise Blocked if a rule of severity `block` fails on the way to `stage`."""
    found = requirements.blocks(content, stage=stage, today=today, catalog=catalog.load())
    if found:
        raise Blocked(found)
