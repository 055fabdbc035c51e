"""Reading the templates: sections, seats, and defaults in the shape of an agreement's content."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from agreements.catalog import vocabulary as words
from agreements.catalog.entries import Seat, Section, Template
from agreements.catalog.reading import Table, file_names, freeze, read_toml

TERM_CHOICES = {
    "effective_rule": ("date", "last_signature", "governing_approval", "each_signature", "conditions"),
    "kind": ("fixed_date", "months", "fiscal_years", "evergreen"),
    "renewal": ("none", "mutual_written", "option", "automatic"),
    "closeout": ("return", "destroy", "either"),
}

TERM_DEFAULTS: Mapping[str, Any] = {
    "survival": "",
    "conditions_precedent": "",
    "notice_base": "expiry",
    "business_days": True,
    "suspension_stops_clock": False,
    "cure_days": 30,
    "suspension_max_days": 30,
    "min_parties": 2,
}


def _only(row: Table, key: str, found: Mapping[str, Any], allowed: tuple[str, ...]) -> Mapping[str, Any]:
    for name in found:
        if name not in allowed:
            raise row.fail(f"{key}.{name}", "unknown field")
    return found


def _term(top: Table) -> Mapping[str, Any]:
    given = dict(_only(top, "term", top.table("term").rest(), words.TERM))
    for name, allowed in TERM_CHOICES.items():
        if given.get(name) not in allowed:
            raise top.fail(f"term.{name}", f"expected one of {', '.join(allowed)}")
    term: Mapping[str, Any] = freeze({name: given.get(name, TERM_DEFAULTS.get(name)) for name in words.TERM})
    return term


def _seat(row: Table) -> Seat:
    return Seat(
        row.text("key"),
        row.text("name"),
        row.texts("roles", needed=True),
        row.one_of("cj_status", (*words.CJ_STATUSES, ""), default=""),
        row.number("notice_days"),
    )


def _section(row: Table, parts: Mapping[str, str]) -> Section:
    part = row.text("part")
    if part not in parts:
        raise row.fail("part", f"{part!r} is not in parts.toml")
    return Section(part, parts[part], row.texts("clauses"), row.texts("optional"))


def _flow(row: Table, seats: set[str]) -> Mapping[str, Any]:
    ends = {side: row.one_of(side, tuple(sorted(seats))) for side in ("provider", "recipient")}
    own = _only(row, "flow", row.rest(), words.FLOW)
    return MappingProxyType({**ends, **own})


def _dataset(row: Table, seats: set[str]) -> Mapping[str, Any]:
    flows = tuple(_flow(flow, seats) for flow in row.tables("flow", name="provider"))
    if not flows:
        raise row.fail("flow", "a suggested dataset needs at least one flow")
    own = _only(row, "dataset", row.rest(), words.DATASET)
    return MappingProxyType({**own, "flows": flows})


def _commitment(row: Table, seats: set[str]) -> Mapping[str, Any]:
    party = row.one_of("party", tuple(sorted(seats)))
    return MappingProxyType({"party": party, **_only(row, "commitment", row.rest(), words.COMMITMENT)})


def _flow_defaults(top: Table) -> Mapping[str, Mapping[str, Any]]:
    found = top.table("flow_defaults").rest()
    for category, fields in found.items():
        _only(top, f"flow_defaults.{category}", fields, words.FLOW)
    return found


def _template(top: Table, parts: Mapping[str, str]) -> Template:
    seats = tuple(_seat(row) for row in top.tables("seat"))
    keys = {seat.key for seat in seats}
    return Template(
        id=top.text("id"),
        name=top.text("name"),
        version=top.number("version"),
        kind=top.text("kind"),
        binding=top.one_of("binding", words.BINDINGS),
        title=top.text("title"),
        summary=top.text("summary"),
        guidance=top.text("guidance"),
        parties_min=top.number("parties_min"),
        parties_max=top.number("parties_max"),
        seats=seats,
        sections=tuple(_section(row, parts) for row in top.tables("section", name="part")),
        term=_term(top),
        flow_defaults=_flow_defaults(top),
        datasets=tuple(_dataset(row, keys) for row in top.tables("dataset", name="name")),
        commitments=tuple(_commitment(row, keys) for row in top.tables("commitment", name="party")),
        measures=top.texts("measures", needed=True),
        annexes=top.texts("annexes"),
        basis=top.text("basis"),
    )


def templates(root: Path, parts: Mapping[str, str]) -> Mapping[str, Template]:
    """The templates by id."""
    found: dict[str, Template] = {}
    for file in file_names(root, "templates", ".toml"):
        top = read_toml(root, file)
        template = _template(top, parts)
        top.done()
        if file != f"templates/{template.id}.toml":
            raise top.fail("id", f"{template.id!r} does not match the file's name")
        found[template.id] = template
    return MappingProxyType(found)
