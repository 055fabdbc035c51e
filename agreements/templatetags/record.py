"""Small marks of an agreement's pages: `{% load record %}`."""

import uuid
from typing import Any

from django import template
from django.template import Context

from agreements.models import own_parts

register = template.Library()


@register.simple_tag(takes_context=True)
def beside(context: Context, key: str) -> Any:
    """What stands beside the provision with this id: comments, checks, whether it was just changed."""
    return (context.get("beside") or {}).get(str(key))


@register.simple_tag
def uuid4() -> str:
    """A number drawn now, by which a form sent twice is recognised."""
    return str(uuid.uuid4())


@register.simple_tag
def groups(form: Any, checks: Any, row: Any = None) -> Any:
    """The groups of a row's form; those with a field at which a check of this row points are open."""
    mark = f"/{getattr(row, 'pk', '')}/#id_"
    failing = {check.path.rpartition(mark)[2] for check in getattr(checks, "open", ()) if mark in check.path}
    return form.groups(failing)


@register.simple_tag
def in_library(origin: str, slug: str) -> str:
    """Where the text that a provision came from is read; empty for one of the parties' own words, or another's own clause."""
    ref, _, version = (origin or "").rpartition("@")
    own = own_parts(ref)
    return f"/clauses/{ref}/?version={version}" if ref and (own is None or own[0] == slug) else ""
