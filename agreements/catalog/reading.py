"""Typed reading of the catalog's data files; every complaint names the file and the key."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any


class CatalogError(Exception):
    """A catalog file is wrong; says which file, which key and what is expected there."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        super().__init__(f"{file}: {key}: {problem}")
        self.file, self.key, self.problem = file, key, problem


def freeze(value: Any) -> Any:
    """The same data, unchangeable: tables become read-only mappings, lists become tuples."""
    if isinstance(value, dict):
        return MappingProxyType({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list):
        return tuple(freeze(item) for item in value)
    return value


class Table:
    """One TOML table; each key is taken out with its type, and `done` refuses what is left over."""

    def __init__(self, file: str, where: str, data: dict[str, Any]) -> None:
        self.file, self.where, self._left = file, where, dict(data)

    def fail(self, key: str, problem: str) -> CatalogError:
        """The error to raise about `key` of this table."""
        return CatalogError(self.file, f"{self.where}.{key}" if self.where else key, problem)

    def _take(self, key: str, kind: type, name: str, default: Any) -> Any:
        value = self._left.pop(key, default)
        if value is None:
            raise self.fail(key, f"missing; expected {name}")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.fail(key, f"expected {name}, found {value!r}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text; without a default it must be there and not blank."""
        value: str = self._take(key, str, "a text", default)
        if default is None and not value.strip():
            raise self.fail(key, "must not be blank")
        return value.strip()

    def one_of(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """A text out of a closed list."""
        value = self.text(key, default)
        if value not in allowed:
            raise self.fail(key, f"{value!r} is not one of {', '.join(allowed)}")
        return value

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        value: int = self._take(key, int, "a whole number", default)
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """A yes or no."""
        value: bool = self._take(key, bool, "true or false", default)
        return value

    def texts(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        """A list of texts, empty when absent unless needed."""
        value = self._take(key, list, "a list of texts", None if needed else [])
        if not all(isinstance(item, str) and item.strip() for item in value) or (needed and not value):
            raise self.fail(key, "expected a list of texts, none of them blank")
        return tuple(value)

    def table(self, key: str) -> "Table":
        """A table within this one, empty when absent."""
        return Table(self.file, f"{self.where}.{key}".strip("."), self._take(key, dict, "a table", {}))

    def tables(self, key: str, *, name: str = "key") -> list["Table"]:
        """A list of tables, each named in complaints by its own `name`."""
        rows = self._take(key, list, "a list of tables", [])
        if not all(isinstance(row, dict) for row in rows):
            raise self.fail(key, "expected a list of tables")
        return [Table(self.file, f"{key}[{row.get(name, place)}]", row) for place, row in enumerate(rows)]

    def rest(self) -> Mapping[str, Any]:
        """Everything not yet taken, frozen."""
        left, self._left = self._left, {}
        frozen: Mapping[str, Any] = freeze(left)
        return frozen

    def done(self) -> None:
        """Refuse keys nobody asked for: they are misspellings."""
        for key in self._left:
            raise self.fail(key, "unknown key")


def parse_toml(file: str, text: str) -> Table:
    """A TOML text as a table."""
    try:
        return Table(file, "", tomllib.loads(text))
    except tomllib.TOMLDecodeError as broken:
        raise CatalogError(file, "(file)", f"not TOML: {broken}") from broken


def read_text(root: Path, file: str) -> str:
    """The file's text, UTF-8."""
    try:
        return (root / file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as broken:
        raise CatalogError(file, "(file)", f"cannot be read: {broken}") from broken


def read_toml(root: Path, file: str) -> Table:
    """A TOML file as a table."""
    return parse_toml(file, read_text(root, file))


def file_names(root: Path, folder: str, ending: str) -> list[str]:
    """Names of the data files in a folder of the catalog, in order."""
    return sorted(f"{folder}/{path.name}" for path in (root / folder).glob(f"*{ending}"))
