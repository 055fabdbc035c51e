"""What a page of drafting shows: the way through the parts, the rows and provisions of the one, the document beside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from agreements import catalog, wording
from agreements.checking import Checks, checks_of
from agreements.document import Document, structure
from agreements.forms.terms import FORMS
from agreements.guide import ASKED, PARTS, PARTY_FACTS, STEPS, TERM_FACTS, Part, called_for, of_text
from agreements.library.offering import offered
from agreements.library.shelf import newest
from agreements.library.texts import Text
from agreements.models import Agreement, Commitment, Dataset, Flow, Measure, Party, Provision, Term
from agreements.models.snapshot import content_of
from agreements.views.asking import Asked


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
            under = catalog.load().parts.get(
                clause.part if clause else asked.request.GET.get("under", ""), ""
            )
            own = (
                {"level": after.level, "part": under or after.part} if after else {"level": 2, "part": under}
            )
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
    name: Kind(name, model, FORMS[model], part, noun)
    for name, model, part, noun in (
        ("agreement", Agreement, "parties", "agreement"),
        ("party", Party, "parties", "party"),
        ("provision", Provision, "text", "provision"),
        ("dataset", Dataset, "data", "dataset"),
        ("flow", Flow, "data", "flow"),
        ("commitment", Commitment, "responsibilities", "commitment"),
        ("measure", Measure, "measures", "measure"),
        ("term", Term, "term", "term"),
    )
}
ADDABLE = ("provision", "dataset", "flow", "commitment", "measure")


def part_url(agreement: Agreement, slug: str) -> str:
    """The address of a part of the draft."""
    return f"{agreement.get_absolute_url()}draft/{slug}/"


def home(asked: Asked, kind: Kind, row: Any = None) -> Part:
    """The part in which a row is edited; a provision in its own, or in the whole text by a link from there."""
    if kind.name != "provision" or asked.request.GET.get("in") == "text":
        return PARTS[kind.part]
    if row is not None:
        return of_text(row.part)
    after = _named(asked.agreement.provisions.all(), asked.request.GET.get("after"))
    clause = _clause(asked)
    under = clause.part if clause else asked.request.GET.get("under", "")
    return of_text(under or (after.part if after else ""))


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
        "beside": {changed: {"changed": True}} if changed else {},
        "changed": changed,
        **_way(agreement, part, content, document, checks),
        **_rows(asked, part, content, document),
    }


def _way(
    agreement: Agreement, current: Part, content: dict[str, Any], document: Document, checks: Checks
) -> dict[str, Any]:
    """The way through the draft: each part as complete, needing somebody or optional, and what comes next."""
    notes = _notes(agreement, content, document, checks)
    walked = [part for part in STEPS if notes.get(part.slug) != "optional" or part == current]
    place = walked.index(current) if current in walked else -1
    needing = [part for part in ASKED if notes[part.slug] == "needs you" and part != current]
    later = (
        [part for part in needing if place < 0 or ASKED.index(part) > walked.index(current)]
        if current in ASKED
        else needing
    )
    asked = [note for note in notes.values() if note != "optional"]
    return {
        "steps": [
            {
                "label": part.label,
                "url": part_url(agreement, part.slug),
                "note": notes.get(part.slug, ""),
                "current": part == current,
            }
            for part in STEPS
        ],
        "optional": [
            {"label": part.label, "url": part_url(agreement, part.slug)}
            for part in ASKED
            if notes[part.slug] == "optional" and part != current
        ],
        "complete": asked.count("complete"),
        "of_parts": len(asked),
        "before_part": walked[place - 1] if place > 0 else None,
        "next_part": walked[place + 1] if place + 1 < len(walked) else None,
        "here_needs": notes.get(current.slug) == "needs you",
        "needing": next(iter(later or needing), None),
    }


def _notes(
    agreement: Agreement, content: dict[str, Any], document: Document, checks: Checks
) -> dict[str, str]:
    """What each part is: it needs somebody now or later, is complete, or is optional as the kind does not call for it."""
    template = catalog.load().templates.get(agreement.template.partition("@")[0])
    present = called_for(row["part"] for row in content["provisions"])
    called = present | called_for(section.part for section in template.sections) if template else present
    facts = {
        "parties",
        "term",
        "data",
        *PARTY_FACTS,
        *TERM_FACTS,
        *(p.slug for p in ASKED if p.rows and content[f"{p.rows}s"]),
    }
    blank = _blank(content, document)
    return {
        part.slug: "needs you"
        if part.slug in blank or any(check.part == part.slug for check in checks.needed)
        else "needed later"
        if any(check.part == part.slug for check in checks.later)
        else "complete"
        if part.slug in called | facts
        else "optional"
        for part in ASKED
    }


def _blank(content: Mapping[str, Any], document: Document) -> set[str]:
    """The parts in which something is still to be completed."""
    parts = {row["id"]: row["part"] for row in content["provisions"]}
    rows = [row for section in document.sections for row in section.provisions if row.gaps]
    found = called_for(parts[row.id] for row in rows)
    for slug, key in (("data", "datasets"), ("responsibilities", "commitments"), ("measures", "measures")):
        alone = {"datasets": [], "commitments": [], "measures": [], key: content[key]}
        found |= {slug} if any(wording.unfinished(alone)) else set()
    return found


def _rows(asked: Asked, part: Part, content: dict[str, Any], document: Document) -> dict[str, Any]:
    """The rows of the part as its list shows them, from the same content as the preview."""
    names = {party["id"]: party["name"] for party in content["parties"]}
    parts = {row["id"]: row["part"] for row in content["provisions"]}
    sections = [
        {"section": section, "rows": rows}
        for section in document.sections
        if (
            rows := [
                row for row in section.provisions if part.slug == "text" or of_text(parts[row.id]) == part
            ]
        )
    ]
    found: dict[str, Any] = {
        "sections": sections,
        "offered": _offered(asked, part, content),
        "add_after": _last_up_to(part, content),
        "add_under": "" if sections or not part.texts else part.texts[0],
    }
    if part.slug == "parties":
        found["party_rows"] = content["parties"]
    if part.slug == "data":
        found["datasets"] = [_dataset(row, names) for row in content["datasets"]]
    if part.rows == "commitment":
        found["list"] = [{"id": r["id"], "title": names.get(r["party"], ""), "text": r["text"],
                          "note": ", ".join(filter(None, (r["resource"], r["due"], r["recurrence"])))}
                         for r in content["commitments"]]  # fmt: skip
    if part.rows == "measure":
        found["list"] = [{"id": r["id"], "title": r["name"], "text": r["definition"],
                          "note": ", ".join(filter(None, (" ".join(filter(None, (r["target"], r["unit"]))), r["frequency"])))}
                         for r in content["measures"]]  # fmt: skip
    return found


def _last_up_to(part: Part, content: Mapping[str, Any]) -> str:
    """The provision after which a new one of this part goes."""
    order = {one.slug: place for place, one in enumerate(ASKED)}
    own = order.get(part.slug, len(order))
    earlier = [row["id"] for row in content["provisions"] if order.get(of_text(row["part"]).slug, own) <= own]
    return earlier[-1] if earlier else ""


def _dataset(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    known = catalog.load()
    category = known.categories.get(row["category"])
    flows = [
        {"id": flow["id"], "provider": names.get(flow["provider"], "?"), "recipient": names.get(flow["recipient"], "?"),
         "purposes": [known.purposes[key].name if key in known.purposes else key for key in flow["purposes"]]}
        for flow in row["flows"]
    ]  # fmt: skip
    return {**row, "category_name": category.name if category else row["category"], "flows": flows}


def _offered(asked: Asked, part: Part, content: dict[str, Any]) -> list[Text]:
    """Clauses of the template and the agency's own for this part that are not in the text, and the one asked for by its key."""
    found = {clause.ref: clause for clause in offered(content, asked.agreement.turn)}
    wanted = _clause(asked)
    if wanted is not None and not any(
        row["origin"].rpartition("@")[0] == wanted.ref for row in content["provisions"]
    ):
        found = {wanted.ref: found.get(wanted.ref, wanted)} | found
    return [clause for clause in found.values() if part.slug == "text" or of_text(clause.part) == part]
