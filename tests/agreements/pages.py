"""How tests of pages ask: somebody's browser on the day of the world, and what a page says."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

from django.test import Client

from agencies.models import User
from agreements.models import Agreement


def browser(person: User) -> Client:
    """A browser in which somebody is signed in."""
    client = Client()
    client.force_login(person, backend="agencies.backends.Accounts")
    return client


def url(agreement: Agreement, path: str = "") -> str:
    """A page of the agreement."""
    return f"/agreements/{agreement.pk}/{path}"


def first(rows: Any) -> Any:
    """The first of rows that are known to be there."""
    return rows.all()[0]


def text(answer: Any) -> str:
    """The words of a page without its markup."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def filled(answer: Any, **changes: Any) -> dict[str, Any]:
    """The values of the page's form as a browser would send them, with some changed."""
    form = answer.context["form"]
    found: dict[str, Any] = {}
    for field in form:
        value = field.value()
        if isinstance(value, bool):
            value = "on" if value else None
        if value is not None:
            found[field.html_name] = value
    found |= {"once": str(uuid4())} if "once" in form.fields else {}
    found |= changes
    return {name: value for name, value in found.items() if value is not None}
