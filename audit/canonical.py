"""Exact bytes for plain data: what is hashed is what is kept."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models.fields.files import FieldFile
from psycopg2.extras import Range


def canonical(value: Any) -> bytes:
    """Sorted keys, no spaces, ASCII with escapes (so one value is one line). Refuses floats and lone surrogates."""
    _refuse_inexact(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("Text with half a surrogate pair can't be kept exactly.") from None
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _refuse_inexact(value: Any) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise ValueError("Keys are text.")
            _refuse_inexact(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_inexact(inner)
    elif not (value is None or isinstance(value, str | bool | int)):
        raise ValueError(f"{type(value).__name__} has no exact form here.")


def plain(value: Any) -> Any:
    """A field's value as plain data: days and instants (in UTC) as ISO text, ids, amounts and ranges as text.

    What has no such form is handed back as it is; `canonical` refuses it.
    """
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal | timedelta | Range | FieldFile):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value
