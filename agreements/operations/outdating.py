"""Which open suggestions a text handed over leaves without the words they were made against."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agreements import values
from agreements.models import Agreement, Suggestion, SuggestionKind, SuggestionState


def outdated(agreement: Agreement, content: Mapping[str, Any], *, now: datetime) -> list[Suggestion]:
    """The open suggestions whose provision or term is gone from `content` or says something else there, marked, not
    written.

    Only a text that all parties read is ever looked at: a draft in somebody's hands tells nobody anything.
    """
    said = {row["id"]: (row["heading"], row["text"]) for row in content["provisions"]}
    rows = agreement.suggestions.filter(state=SuggestionState.OPEN)
    found = [row for row in rows.exclude(provision=None)
             if said.get(str(row.provision_id)) != (row.base_heading, row.base_text)]  # fmt: skip
    for row in rows.filter(kind=SuggestionKind.VALUE):
        gone = values.stated(content, row.topic) is None
        found += [row] if gone or values.stands(content, row.topic, row.field) != row.base_value else []
    for row in found:
        row.state, row.decided_at = SuggestionState.OUTDATED, now
    return found
