"""An operator with every right in the database and the notary's key, who wants another history."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from audit import guards, merkle
from audit.canonical import canonical
from audit.models import Event

Said = dict[str, Any]
"""What an event says, without what the database adds."""

INSERT_EVENT = (
    "INSERT INTO audit_event (id, stream, number, action, actor, actor_label, at, body, leaf, transaction) "
    "VALUES (%s, %s, %s, %s, NULL, %s, %s, %s, %s, 0)"
)


def history() -> list[Said]:
    """Everything that was said, in the order of the log."""
    rows = Event.objects.filter(entry__isnull=False).order_by("entry__seq").values_list("body", flat=True)
    return [json.loads(bytes(body)) for body in rows]


def rewrite(history: Iterable[Said], *, erased: Iterable[int] = ()) -> None:
    """Put this history in the place of the true one, with every number, chain, hash and place reckoned anew.

    Of the entries in `erased` the bodies are emptied afterwards.
    """
    streams: dict[str, tuple[int, bytes]] = {}
    with guards.lifted(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM audit_entry; DELETE FROM audit_node; DELETE FROM audit_event; DELETE FROM audit_stream"
        )
        count = 0
        for count, said in enumerate(history, 1):
            last, before = streams.get(said["stream"], (0, bytes(32)))
            body = canonical(said | {"stream_number": last + 1, "stream_prev": before.hex()})
            leaf = merkle.leaf(body)
            streams[said["stream"]] = last + 1, leaf
            kept = b"" if count in erased else body
            label, at = said["actor"]["label"], datetime.fromisoformat(said["at"])
            cursor.execute(
                INSERT_EVENT, [count, said["stream"], last + 1, said["action"], label, at, kept, leaf]
            )
            cursor.execute(
                "INSERT INTO audit_entry (seq, event_id, leaf) VALUES (%s, %s, %s)", [count, count, leaf]
            )
        for stream, (size, leaf) in streams.items():
            cursor.execute(
                "INSERT INTO audit_stream (id, size, prev, leaf) VALUES (%s, %s, %s, %s)",
                [UUID(stream), size, leaf, leaf],
            )
        cursor.execute("UPDATE audit_head SET size = %s, settled = %s, drawn = %s, horizon = 0", [count] * 3)
        cursor.execute("SELECT setval('audit_event_id_seq', %s)", [count])
