"""What is at hand beside a draft: clauses of its template and the drafting agency's own that are not in the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agencies.models import Agency
from agreements import catalog
from agreements.catalog import facts_of
from agreements.catalog.clause import FALLBACK
from agreements.library import shelf
from agreements.library.texts import Text, shipped


def offered(content: Mapping[str, Any], agency: Agency | None) -> list[Text]:
    """Of each matter the template names the text whose conditions hold, then the agency's own that fit; two queries.

    A matter the text speaks of already is left out, save for the texts the agency would offer in its place.
    """
    held = shelf.of_agencies([agency] if agency else [])
    facts, known = facts_of(content), catalog.load()
    refs = {str(row["origin"]).rpartition("@")[0] for row in content["provisions"] if row["text"].strip()}
    present = {held.texts[ref].matter if ref in held.texts else known.family(ref) for ref in refs}
    template = known.templates.get(facts.template)
    keys = [key for part in template.sections for key in (*part.clauses, *part.optional)] if template else []
    found: dict[str, Text] = {}
    for key in keys:
        if known.family(key) not in present:
            one = shipped(known.chosen(key, facts) or known.clauses[key])
            found.setdefault(one.matter, one)
    texts = {one.ref: one for one in found.values()}
    texts |= {one.ref: one for one in held.texts.values() if one.own and _fits(one, facts, present)}
    for matter, rows in held.positions.items():
        wanted = {ref for row in rows for ref in (row.preferred, *row.fallbacks)} - refs
        texts |= {ref: held.texts[ref] for ref in wanted if ref in held.texts and matter in present}
    return [
        one.marked(shelf.marks(one, held.positions.get(one.matter, []), facts), instead=one.matter in present)
        for one in texts.values()
    ]


def _fits(one: Text, facts: catalog.Facts, present: set[str]) -> bool:
    """Whether an own text is offered by itself: its matter is open, and its conditions hold."""
    return (
        one.retired_at is None and one.position != FALLBACK and one.matter not in present and one.holds(facts)
    )
