"""The catalog at start-up: a bad file stops the application with the file, the line and the key named."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from agreements.catalog.lines import line_of
from agreements.catalog.loader import ROOT, load
from agreements.catalog.reading import CatalogError


def check(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A Django system check: the catalog can be read, and the rule packs switched on are there."""
    try:
        known = load()
    except CatalogError as wrong:
        return [
            Error(place_of(wrong), hint="Correct the file under agreements/catalog.", id="agreements.E001")
        ]
    optional = sorted(pack.key for pack in known.packs if pack.optional)
    unknown = sorted(set(settings.RULE_PACKS) - set(optional))
    if unknown:
        hint = f"Packs that can be switched on: {', '.join(optional)}."
        return [
            Error(f"RULE_PACKS names no rule pack: {', '.join(unknown)}.", hint=hint, id="agreements.E002")
        ]
    return []


def place_of(wrong: CatalogError) -> str:
    """The complaint with the line it is about, if the file can be read."""
    try:
        text = (ROOT / wrong.file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return str(wrong)
    return f"{wrong.file}, line {line_of(text, wrong.key, wrong.problem)}: {wrong.key}: {wrong.problem}"
