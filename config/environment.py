"""What a deployment may choose, read from the environment by readers that fail loudly.

`flag`, `number`, `text`, `words` and `networks`; secrets also through NAME_FILE.
"""

import os
from ipaddress import ip_network
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def flag(name: str, default: bool) -> bool:
    """A yes-or-no setting; anything but true/false/1/0/yes/no/on/off is refused."""
    words = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    raw = os.environ.get(name, "").strip().lower()
    if not raw:
        return default
    if raw not in words:
        raise ImproperlyConfigured(f"{name} must be true or false, not {raw!r}.")
    return words[raw]


def number(name: str, default: int) -> int:
    """A whole number setting; anything else is refused."""
    raw = os.environ.get(name, "").strip()
    try:
        return int(raw) if raw else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from None


def text(name: str, default: str = "") -> str:
    """A text or secret setting; NAME_FILE names a file that holds it instead (a mounted secret)."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return os.environ.get(name, "").strip() or default
    if os.environ.get(name, "").strip():
        raise ImproperlyConfigured(f"Give {name} or {name}_FILE, not both.")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read ({error.strerror}).") from None


def words(name: str) -> list[str]:
    """A list written with commas."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def networks(name: str) -> list[str]:
    """A list of network addresses such as 10.0.0.0/8; anything else is refused."""
    try:
        return [str(ip_network(word)) for word in words(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must list networks such as 10.0.0.0/8: {error}.") from None
