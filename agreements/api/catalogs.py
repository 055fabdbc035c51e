"""The domain as data: what may be named in an agreement."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agreements import catalog
from agreements.api.asking import Door
from agreements.api.describing import PAGE, paged, says
from agreements.api.pages import listed

TEXT = serializers.CharField


class KindRead(serializers.Serializer[Any]):
    """A kind of agreement."""

    key = TEXT()
    name = TEXT()
    prefix = TEXT()
    binding = TEXT()
    meaning = TEXT()


class CategoryRead(serializers.Serializer[Any]):
    """A category of data; `states` are the fields that each flow of it must fill."""

    key = TEXT()
    name = TEXT()
    classification = TEXT()
    personal_data = serializers.BooleanField()
    regimes = serializers.ListField(child=TEXT())
    states = serializers.ListField(child=TEXT())
    note = TEXT()


class PurposeRead(serializers.Serializer[Any]):
    """A purpose, or (not permitted) a use that is commonly ruled out."""

    key = TEXT()
    name = TEXT()
    permitted = serializers.BooleanField()
    note = TEXT()


class SeatRead(serializers.Serializer[Any]):
    """A place at the table; the first is the lead's."""

    key = TEXT()
    name = TEXT()
    roles = serializers.ListField(child=TEXT())


class TemplateRead(serializers.Serializer[Any]):
    """A pattern to begin with."""

    key = TEXT(source="id")
    name = TEXT()
    version = serializers.IntegerField()
    kind = TEXT()
    binding = TEXT()
    title = TEXT()
    summary = TEXT()
    guidance = TEXT()
    parties_min = serializers.IntegerField()
    parties_max = serializers.IntegerField()
    seats = SeatRead(many=True)
    datasets = serializers.SerializerMethodField()

    def get_datasets(self, row: catalog.Template) -> list[str]:
        """The names of the datasets it suggests."""
        return [str(item["name"]) for item in row.datasets]


class FilingKindRead(serializers.Serializer[Any]):
    """A kind of paper that a rule asks to have on file; `of` says for whom it is recorded."""

    key = TEXT()
    name = TEXT()
    of = TEXT()
    note = TEXT()


TABLES: dict[str, type[serializers.Serializer[Any]]] = {
    "kinds": KindRead,
    "categories": CategoryRead,
    "purposes": PurposeRead,
    "templates": TemplateRead,
    "filings": FilingKindRead,
}
"""The tables of the catalog that can be read."""


class Table(Door):
    """One table of the catalog."""

    name: ClassVar[str] = ""

    def get(self, request: Request) -> Response:
        """In the order of the catalog."""
        entries = getattr(catalog.load(), self.name)
        keys = {id(entry): key for key, entry in entries.items()}
        rows = list(entries.values())
        return listed(request, rows, TABLES[self.name], key=lambda entry: keys[id(entry)])


def table_view(name: str) -> type[Table]:
    """The address of one table."""
    view: type[Table] = type(f"{name.title()}Table", (Table,), {"name": name, "__doc__": f"The {name}."})
    return extend_schema_view(get=says(f"catalog_{name}_list", paged(TABLES[name]), parameters=PAGE))(view)
