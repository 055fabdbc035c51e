"""Fields as programs send them: plain text, known keys, days that make sense, and nothing that was not asked for."""

import datetime as dt
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agencies.models import Agency
from agencies.models.validators import timezones
from agreements import catalog
from agreements.forms.shared import no_control_characters
from agreements.library import shelf
from agreements.models import PartyRole

FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2200, 12, 31)


class Text(serializers.CharField):
    """Text without control characters, with line ends of one kind."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators.append(no_control_characters)

    def to_internal_value(self, data: Any) -> str:
        """The text as it is kept."""
        return str(super().to_internal_value(data)).replace("\r\n", "\n").replace("\r", "\n")


class Day(serializers.DateField):
    """A calendar day from 1900 to 2200: what lies beyond is a slip of the keyboard."""

    def to_internal_value(self, value: Any) -> dt.date:
        """The day, if it is one an agreement can mean."""
        day = super().to_internal_value(value)
        if not FIRST_DAY <= day <= LAST_DAY:
            raise serializers.ValidationError("Give a day from 1900 to 2200.")
        return day


class Known(Text):
    """The key of an entry of the catalog: `kinds`, `categories`, `purposes`, `clauses`, `templates`."""

    def __init__(self, table: str, **options: Any) -> None:
        self.table = table
        super().__init__(**options)

    def known(self) -> set[str]:
        """Every key that may be named."""
        entries = getattr(catalog.load(), self.table)
        return {key for key, entry in entries.items() if getattr(entry, "permitted", True)}

    def to_internal_value(self, data: Any) -> str:
        """The key, if the catalog has it."""
        key = super().to_internal_value(data)
        if key and key not in self.known():
            raise serializers.ValidationError("This is not in the catalog. Choose one of its keys.")
        return key


class Origin(Text):
    """The text of the library a provision came from, as `key@version`; of own clauses those of one's agencies.

    What a provision says already may be said again.
    """

    def to_internal_value(self, data: Any) -> str:
        """The origin, if the person may name it."""
        origin = super().to_internal_value(data)
        there = getattr(getattr(self.parent, "instance", None), "origin", "")
        asked = self.context["asked"]
        if origin and origin != there and not shelf.knows(origin, asked.user, today=asked.today):
            raise serializers.ValidationError("This is not in the library. Choose one of its texts.")
        return origin


class Zone(Text):
    """The name of a time zone."""

    def to_internal_value(self, data: Any) -> str:
        """The name, if there is such a zone."""
        name = super().to_internal_value(data)
        if name not in timezones():
            raise serializers.ValidationError("Give the name of a time zone, such as America/Denver.")
        return name


class Strict(serializers.Serializer[Any]):
    """Takes the fields it names and refuses every other."""

    def to_internal_value(self, data: Any) -> Any:
        """The values, if nothing else was sent."""
        if isinstance(data, Mapping):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(str(name) for name in set(data) - writable)
            if unknown:
                raise serializers.ValidationError({name: ["This can't be set here."] for name in unknown})
        return super().to_internal_value(data)


class _Role(Text):
    """One of the roles of a party."""

    def to_internal_value(self, data: Any) -> str:
        """The role, if there is such a one."""
        role = super().to_internal_value(data)
        if role not in PartyRole.values:
            raise serializers.ValidationError(f"Choose among {', '.join(PartyRole.values)}.")
        return role


def identifier(queryset: Any, **options: Any) -> Any:
    """A row named by its id, among these."""
    key = serializers.UUIDField(format="hex_verbose")
    return serializers.PrimaryKeyRelatedField(queryset=queryset, pk_field=key, **options)


def agencies(**options: Any) -> Any:
    """Agencies of the registry that are active."""
    return identifier(Agency.objects.filter(active=True), **options)


def roles(**options: Any) -> serializers.ListField:
    """What a party does: any of the roles of a party."""
    return serializers.ListField(child=_Role(), max_length=len(PartyRole), **options)


@extend_schema_field(OpenApiTypes.BYTE)
class Bytes(serializers.Field[bytes, str, str, Any]):
    """A file in base64, of at most `most` bytes; what is longer is not read."""

    def __init__(self, *, most: int, **options: Any) -> None:
        super().__init__(**options)
        self.most = most

    def to_internal_value(self, data: str) -> bytes:
        """The bytes."""
        try:
            if len(data) > self.most * 4 // 3 + 4:
                raise serializers.ValidationError("The file is too large.")
            return b64decode(data, validate=True)
        except (TypeError, ValueError):
            raise serializers.ValidationError("Give the bytes of the file in base64.") from None
