"""Beginning an agreement from an existing text; headings become provisions and no word is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any, Literal

from agencies.models import Agency, User
from agreements import docx, outline
from agreements.models import Agreement
from agreements.operations.drafting import PartySpec, draft

TYPES: dict[str, Literal["txt", "md", "docx"]] = {".txt": "txt", ".md": "md", ".docx": "docx"}


def read(data: bytes, name: str) -> list[dict[str, Any]]:
    """The provisions in a .txt, .md or .docx file. Raises outline.UnreadableText with what to do."""
    kind = TYPES.get(PurePath(name).suffix.lower())
    if kind is None:
        raise outline.UnreadableText(
            "Choose a .txt, .md or .docx file. Save other formats as one of these first."
        )
    blocks = docx.read(data) if kind == "docx" else outline.parse_text(outline.decode(data), fmt=kind)
    return outline.to_provisions(blocks)


def import_text(
    *,
    data: bytes,
    name: str,
    title: str,
    kind: str,
    lead: Agency,
    partners: Sequence[PartySpec],
    actor: User,
    now: datetime,
    lead_roles: Sequence[str] = (),
) -> Agreement:
    """A new draft holding the file's text. The file's name is kept as its source."""
    provisions: list[Mapping[str, Any]] = list(read(data, name))
    return draft(title=title, lead=lead, partners=partners, actor=actor, now=now, kind=kind,
                 lead_roles=lead_roles, provisions=provisions, source_name=PurePath(name).name[:200])  # fmt: skip
