"""What a field of an agency may hold."""

import re
import zoneinfo
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_email

# FBI CJIS: an Originating Agency Identifier is nine characters, the first two the state or country code.
valid_ori = RegexValidator(
    r"\A[A-Z]{2}[A-Z0-9]{7}\Z", "An ORI has nine capital letters and digits, for example CO0390100."
)
valid_domain = RegexValidator(
    r"\A(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}\Z",
    "Write an e-mail domain in small letters, for example riverton.gov.",
)
DAYS_BEFORE_LIMIT = 730
LEAD_LIMIT = 365
REMINDER_KEYS = {"days_before", "weekly_when_overdue", "copy_to", "approval_lead_days"}


@cache
def timezones() -> set[str]:
    """The time zones this machine knows, by name; to look for them goes through hundreds of files."""
    return zoneinfo.available_timezones()


def valid_timezone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA time zone this machine knows."""
    if name not in timezones():
        raise ValidationError(
            "%(name)s is not a time zone. Use a name like America/Denver.", params={"name": name}
        )


def valid_reminders(value: Any) -> None:
    """Raise ValidationError unless `value` is an agency's reminder settings.

    All keys are optional: `days_before` (list of whole days), `weekly_when_overdue` (yes or no), `copy_to`
    (e-mail addresses), `approval_lead_days` (how long its governing body needs to approve).
    """
    if not isinstance(value, Mapping) or set(value) - REMINDER_KEYS:
        raise ValidationError(
            "Reminder settings may only hold days_before, weekly_when_overdue, copy_to and approval_lead_days."
        )
    if not _days(value.get("days_before", [])):
        raise ValidationError(f"Reminder days are whole numbers from 0 to {DAYS_BEFORE_LIMIT}, each once.")
    if not isinstance(value.get("weekly_when_overdue", True), bool):
        raise ValidationError("weekly_when_overdue is true or false.")
    lead = value.get("approval_lead_days", 0)
    if not isinstance(lead, int) or isinstance(lead, bool) or not 0 <= lead <= LEAD_LIMIT:
        raise ValidationError(f"approval_lead_days is a whole number from 0 to {LEAD_LIMIT}.")
    copies = value.get("copy_to", [])
    if not isinstance(copies, list) or len(copies) > 20:
        raise ValidationError("copy_to is a list of at most 20 e-mail addresses.")
    for address in copies:
        validate_email(str(address))


def _days(value: Any) -> bool:
    if not isinstance(value, list) or len(value) > 40:
        return False
    whole = all(type(n) is int and 0 <= n <= DAYS_BEFORE_LIMIT for n in value)
    return whole and len(set(value)) == len(value)


def no_control_characters(text: str) -> None:
    """Raise ValidationError for characters nobody can type on purpose (NUL breaks the database)."""
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
        raise ValidationError("Remove the invisible control characters from this text.")


# Marks that turn the direction of writing or hide in it (UAX 9, U+200B-U+200F, U+2028-U+202E, U+2060-U+206F, U+FEFF).
_TRICKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_LINK = re.compile(r"(?i)\b[a-z][a-z0-9+.-]{1,20}://|\bwww\.|\b(?:mailto|javascript|data):\S")


def plain_name(text: str) -> None:
    """Raise ValidationError for a name that would carry a link, a line break or reversed writing into our mails."""
    if _TRICKS.search(text):
        raise ValidationError("Remove the invisible characters and line breaks from this name.")
    if _LINK.search(text):
        raise ValidationError("A name can't hold a link. Take it out.")
