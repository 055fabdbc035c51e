"""The parts of a draft in the order they are asked for, and the kinds of row in each."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from agreements import catalog
from agreements.checking import Checks, checks_of
from agreements.document import Document, structure
from agreements.forms import drafting as forms
from agreements.library.offering import offered
from agreements.library.shelf import newest
from agreements.library.texts import Text
from agreements.models import Agreement, Commitment, Dataset, Flow, Measure, Party, Provision, Term
from agreements.models.snapshot import content_of
from agreements.views.asking import Asked


@dataclass(frozen=True)
class Part:
    """One part of the draft: its address, its name, its template, and whether it may stay empty."""

    slug: str
    label: str
    template: str
    optional: bool = False


PARTS: dict[str, Part] = {
    row.slug: row
    for row in (
        Part("parties", "Parties", "parties"),
        Part("text", "Text", "text"),
        Part("data", "Data and flows", "data"),
        Part("commitments", "Commitments", "rows", optional=True),
        Part("measures", "Measures", "rows", optional=True),
        Part("term", "Term", "term"),
        Part("share", "Check and share", "share"),
        Part("preview", "Preview", "preview"),
    )
}
SHOWN = [part for part in PARTS.values() if part.slug != "preview"]


@dataclass(frozen=True)
class Kind:
    """A kind of row: its model and form, the part it is edited in, and what people call it."""

    name: str
    model: Any
    form: Any
    part: str
    noun: str

    def anchor(self, row: Any) -> str:
        """Where the row stands in the preview."""
        if self.name in {"provision", "dataset"}:
            return f"{self.name}-{row.pk}"
        return f"dataset-{row.dataset_id}" if self.name == "flow" else ""

    def suggested(self, asked: Asked) -> dict[str, Any]:
        """What a new row begins with: a clause of the library, or the usual terms of the dataset's category."""
        if self.name == "provision":
            clause = _clause(asked)
            after = _named(asked.agreement.provisions.all(), asked.request.GET.get("after"))
            own = {"level": after.level, "part": after.part} if after else {"level": 2}
            return own | (
                {"heading": clause.heading, "text": clause.text, "level": clause.level} if clause else {}
            )
        if self.name == "flow":
            dataset = _named(asked.agreement.datasets.all(), asked.request.GET.get("dataset"))
            template = asked.agreement.template.partition("@")[0]
            known = template if template in catalog.load().templates else ""
            return {**catalog.flow(catalog.load(), dataset.category, {}, known)} if dataset else {}
        return {}

    def fixed(self, asked: Asked) -> dict[str, Any]:
        """What a new row carries besides what is typed: the clause it came from."""
        clause = _clause(asked) if self.name == "provision" else None
        return {"origin": clause.origin, "position": clause.position} if clause else {}


def _clause(asked: Asked) -> Text | None:
    """The text of the library an address names, if the agency that drafts has it."""
    ref, turn = asked.request.GET.get("clause", ""), asked.agreement.turn_id
    return newest(ref, turn) if ref and turn else None


def _named(rows: QuerySet[Any], text: str | None) -> Any:
    """The row an address names, if it is one of these."""
    try:
        return rows.filter(pk=UUID(text or "")).first()
    except ValueError:
        return None


KINDS: dict[str, Kind] = {
    name: Kind(name, model, forms.FORMS[model], part, noun)
    for name, model, part, noun in (
        ("agreement", Agreement, "parties", "agreement"),
        ("party", Party, "parties", "party"),
        ("provision", Provision, "text", "provision"),
        ("dataset", Dataset, "data", "dataset"),
        ("flow", Flow, "data", "flow"),
        ("commitment", Commitment, "commitments", "commitment"),
        ("measure", Measure, "measures", "measure"),
        ("term", Term, "term", "term"),
    )
}
ADDABLE = ("provision", "dataset", "flow", "commitment", "measure")


def part_url(agreement: Agreement, slug: str) -> str:
    """The address of a part of the draft."""
    return f"{agreement.get_absolute_url()}draft/{slug}/"


def part_context(asked: Asked, part: Part) -> dict[str, Any]:
    """What every page of drafting shows: the parts, the checks, the document as it stands."""
    agreement = asked.agreement
    content = content_of(agreement)
    document = structure(content)
    checks = checks_of(content, document, agreement=agreement, today=asked.today)
    changed = asked.request.GET.get("changed", "")
    return {
        "agreement": agreement,
        "content": content,
        "document": document,
        "checks": checks,
        "part": part,
        "part_checks": checks.of_part(part.slug),
        "steps": _steps(agreement, part, content, checks),
        "next_part": _next(part),
        "beside": {changed: {"changed": True}} if changed else {},
        "changed": changed,
        **_rows(part, content, document, agreement),
    }


def _next(part: Part) -> Part | None:
    place = SHOWN.index(part) if part in SHOWN else len(SHOWN)
    return SHOWN[place + 1] if place + 1 < len(SHOWN) else None


def _steps(
    agreement: Agreement, current: Part, content: dict[str, Any], checks: Checks
) -> list[dict[str, Any]]:
    """The step indicator: "complete", "needs you" or "optional" for each part."""
    return [
        {"label": part.label, "url": part_url(agreement, part.slug), **_state(part, current, content, checks)}
        for part in SHOWN
    ]


def _state(part: Part, current: Part, content: dict[str, Any], checks: Checks) -> dict[str, str]:
    needs = any(check.must for check in checks.of_part(part.slug))
    empty = part.optional and not content[part.slug]
    if part.slug == "share":
        return {
            "state": "current" if part == current else "todo",
            "note": "" if not checks.needed else "waits",
        }
    note = "needs you" if needs else "optional" if empty else "complete"
    state = "current" if part == current else "complete" if note == "complete" else "todo"
    return {"state": state, "note": note}


def _rows(part: Part, content: dict[str, Any], document: Document, agreement: Agreement) -> dict[str, Any]:
    """The rows of the part as its list shows them, from the same content as the preview."""
    names = {party["id"]: party["name"] for party in content["parties"]}
    if part.slug == "text":
        sections = [{"section": section, "rows": section.provisions} for section in document.sections]
        return {"sections": sections, "offered": _offered(agreement, content)}
    if part.slug == "data":
        return {"datasets": [_dataset(row, names) for row in content["datasets"]]}
    if part.slug == "commitments":
        rows = [{"id": r["id"], "title": names.get(r["party"], ""), "text": r["text"], "note": r["due"] or r["recurrence"]}
                for r in content["commitments"]]  # fmt: skip
        return {
            "list": rows,
            "row_kind": "commitment",
            "teach": "Staff, equipment, money or deeds that a party promises.",
        }
    if part.slug == "measures":
        rows = [{"id": r["id"], "title": r["name"], "text": r["definition"], "note": " ".join(filter(None, (r["target"], r["unit"])))}
                for r in content["measures"]]  # fmt: skip
        return {
            "list": rows,
            "row_kind": "measure",
            "teach": "Figures by which the parties will know whether it works.",
        }
    return {"party_rows": content["parties"]} if part.slug == "parties" else {}


def _dataset(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    known = catalog.load()
    category = known.categories.get(row["category"])
    flows = [
        {"id": flow["id"], "provider": names.get(flow["provider"], "?"), "recipient": names.get(flow["recipient"], "?"),
         "purposes": [known.purposes[key].name if key in known.purposes else key for key in flow["purposes"]]}
        for flow in row["flows"]
    ]  # fmt: skip
    return {**row, "category_name": category.name if category else row["category"], "flows": flows}


def _offered(agreement: Agreement, content: dict[str, Any]) -> list[Any]:
    """Clauses of the template and the agency's own that are not in the text, with its positions on them."""
    return offered(content, agreement.turn)
