"""From a template to the first draft: pure, without ids; seats stand where parties will sit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from agreements.catalog.clause import Clause, Facts
from agreements.catalog.entries import Catalog, Seat, Template
from agreements.catalog.loader import load

FLOW_BLANK: Mapping[str, Any] = MappingProxyType(
    {
        "purposes": (), "prohibited_uses": (), "legal_basis": "", "method": "", "frequency": "", "volume": "",
        "interface": "", "impact": "", "transit": "", "rest": "", "verification": "", "storage": "",
        "retention_days": None, "retention_event": "", "hit_days": None, "destruction": "", "onward": "", "derived": "",
        "logging": "", "audit": "", "breach_hours": None, "breach_contact": "", "access": "", "mfa": False,
        "screening": "", "training": "", "hit_confirmation": False, "status": "planned",
    }
)  # fmt: skip
COMMITMENT_BLANK = {"text": "", "category": "", "resource": "", "due": "", "recurrence": "", "evidence": ""}


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a template proposes, in the shape of an agreement's content.

    `provider`, `recipient` of flows and `party` of commitments hold a seat's key; the first seat is the lead's.
    `offered` are provisions the template keeps at hand but does not put in by itself.
    """

    template: str
    name: str
    version: int
    kind: str
    binding: str
    title: str
    guidance: str
    parties_min: int
    parties_max: int
    seats: tuple[Seat, ...]
    provisions: tuple[dict[str, Any], ...]
    offered: tuple[dict[str, Any], ...]
    term: dict[str, Any]
    datasets: tuple[dict[str, Any], ...]
    commitments: tuple[dict[str, Any], ...]
    measures: tuple[dict[str, Any], ...]
    annexes: tuple[str, ...]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def provision(clause: Clause, title: str) -> dict[str, Any]:
    """A clause of the library as a provision under the heading of its part."""
    return {
        "part": title,
        "heading": clause.heading,
        "text": clause.text,
        "origin": clause.origin,
        "position": clause.position,
        "withheld": False,
        "level": clause.level,
    }


def flow(catalog: Catalog, category: str, own: Mapping[str, Any], template: str = "") -> dict[str, Any]:
    """A flow of `category` with the template's defaults for it, overlaid with `own`."""
    kept = catalog.templates[template].flow_defaults.get(category, {}) if template else {}
    merged: dict[str, Any] = _plain({**FLOW_BLANK, **kept, **own})
    return merged


def _dataset(catalog: Catalog, template: Template, row: Mapping[str, Any]) -> dict[str, Any]:
    category = catalog.categories[row["category"]]
    return {
        "name": row["name"],
        "description": row.get("description", ""),
        "category": category.key,
        "classification": row.get("classification", category.classification),
        "personal_data": row.get("personal_data", category.personal_data),
        "special_category": row.get("special_category", False),
        "data_subjects": row.get("data_subjects", ""),
        "elements": list(row.get("elements", ())),
        "flows": [flow(catalog, category.key, one, template.id) for one in row["flows"]],
    }


def _provisions(
    catalog: Catalog, template: Template, facts: Facts
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What is put in and what is only offered: of texts on the same matter the one whose conditions hold."""
    put_in: list[dict[str, Any]] = []
    offered: list[dict[str, Any]] = []
    met: set[str] = set()
    for section in template.sections:
        for key in (*section.clauses, *section.optional):
            family, chosen = catalog.family(key), catalog.chosen(key, facts)
            if family in met:
                continue
            met.add(family)
            kept = put_in if key in section.clauses and chosen else offered
            kept.append(provision(chosen or catalog.clauses[key], section.title))
    return put_in, offered


def blueprint(template_id: str, catalog: Catalog | None = None, *, facts: Facts | None = None) -> Blueprint:
    """The first draft a template proposes; KeyError for an unknown template.

    `facts` are what is known of the agreement (its parties and place, or which datasets it will have); what the
    template itself decides is added.
    """
    catalog = catalog or load()
    template = catalog.templates[template_id]
    known = facts or Facts(categories=frozenset(row["category"] for row in template.datasets))
    known = replace(known, template=template.id, binding=template.binding)
    put_in, offered = _provisions(catalog, template, known)
    return Blueprint(
        template=template.id,
        name=template.name,
        version=template.version,
        kind=template.kind,
        binding=template.binding,
        title=template.title,
        guidance=template.guidance,
        parties_min=template.parties_min,
        parties_max=template.parties_max,
        seats=template.seats,
        provisions=tuple(put_in),
        offered=tuple(offered),
        term=_plain(template.term),
        datasets=tuple(_dataset(catalog, template, row) for row in template.datasets),
        commitments=tuple({**COMMITMENT_BLANK, **_plain(row)} for row in template.commitments),
        measures=tuple(catalog.measures[key].row() for key in template.measures),
        annexes=template.annexes,
    )
