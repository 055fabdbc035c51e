"""Why somebody did something: asked for wherever an act is recorded with its reason."""

from __future__ import annotations

from django.core.exceptions import ValidationError

MISSING = "Give the reason; it is recorded and the parties read it."


def given(text: str, field: str = "reason") -> str:
    """What was given, without the space around it. Raises ValidationError at the field when that is nothing."""
    if not text.strip():
        raise ValidationError({field: MISSING})
    return text.strip()
