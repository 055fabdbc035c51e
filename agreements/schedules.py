"""The schedules of an agreement: its structured facts as tables and blocks, in plain words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agreements import catalog, wording
from agreements.prose import Gap
from agreements.wording import Content, count

Row = Mapping[str, Any]
Cell = tuple[str, ...]
"""What a cell says; several entries are shown as a list."""


@dataclass(frozen=True)
class Table:
    """A table with one heading row; the first cell of each row names it."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Facts:
    """Named facts, one a row."""

    caption: str
    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True)
class Dataset:
    """One dataset with the conditions of each of its flows."""

    id: str
    number: str
    name: str
    description: str
    facts: Facts
    flows: tuple[Facts, ...]


@dataclass(frozen=True)
class Schedule:
    """A lettered schedule: a table, named facts or datasets."""

    key: str
    label: str
    heading: str
    tables: tuple[Table, ...] = ()
    facts: tuple[Facts, ...] = ()
    datasets: tuple[Dataset, ...] = ()


def parties(content: Content) -> Table:
    """Who the parties are and under what authority they act."""
    rows = (
        (
            row.get("legal_name") or row["name"],
            row["name"],
            wording.roles(row).capitalize(),
            _standing(row),
            row.get("legal_authority") or "",
        )
        for row in content["parties"]
    )
    return _lean(
        Table("Parties", ("Party", "Called here", "Role", "Standing", "Legal authority"), tuple(rows))
    )


def schedules(content: Content) -> tuple[Schedule, ...]:
    """Those schedules that have something to say, in order."""
    tables = {"commitments": commitments, "measures": measures, "contacts": contacts}
    return tuple(
        _schedule(key, label, tables=(tables[key](content),))
        if key in tables
        else _detailed(key, content, label)
        for key, label in wording.schedules(content).items()
    )


def everything(content: Content) -> tuple[Schedule, ...]:
    """Every schedule, also those whose table stands in the text itself or that are empty; letters mean nothing here."""
    tables = {"commitments": commitments, "measures": measures, "contacts": contacts}
    return tuple(
        _schedule(key, "", tables=(tables[key](content),)) if key in tables else _detailed(key, content, "A")
        for key in wording.SCHEDULES
    )


def _detailed(key: str, content: Content, label: str) -> Schedule:
    return _data(content, label) if key == "datasets" else _term(content, label)


def _schedule(key: str, label: str, **parts: Any) -> Schedule:
    return Schedule(key, label, wording.SCHEDULES[key], **parts)


def _data(content: Content, label: str) -> Schedule:
    names = {row["id"]: row["name"] for row in content["parties"]}
    letter = label.split()[-1]
    found = (_dataset(row, f"{letter}.{n}", names) for n, row in enumerate(content["datasets"], 1))
    return _schedule("datasets", label, datasets=tuple(found))


def _dataset(row: Row, number: str, names: Mapping[str, str]) -> Dataset:
    flows = tuple(_flow(flow, f"{number}.{n}", names) for n, flow in enumerate(row["flows"], 1))
    facts = _facts(
        "What it is",
        ("Category", wording.name_of(catalog.load().categories, row["category"])),
        (
            "Classification",
            wording.CLASSIFICATIONS.get(str(row.get("classification")), row.get("classification")),
        ),
        ("Personal data", "Yes" if row.get("personal_data") else "No"),
        ("Specially protected data", "Yes" if row.get("special_category") else ""),
        ("About whom", row.get("data_subjects")),
        ("Data elements", "; ".join(row.get("elements") or ())),
    )
    return Dataset(row["id"], number, row["name"], row.get("description") or "", facts, flows)


def _flow(flow: Row, number: str, names: Mapping[str, str]) -> Facts:
    caption = f"{number} From {names.get(flow['provider'], '?')} to {names.get(flow['recipient'], '?')}"
    purposes = catalog.load().purposes
    return _facts(
        caption,
        ("Purposes", tuple(wording.name_of(purposes, key) for key in flow["purposes"])),
        ("Prohibited uses", tuple(wording.name_of(purposes, key) for key in flow["prohibited_uses"])),
        ("Legal basis", flow["legal_basis"]),
        ("Method and frequency", tuple(part for part in (flow["method"], flow["frequency"]) if part)),
        ("Volume", flow.get("volume")),
        ("Systems at both ends", flow.get("interface")),
        ("Impact level (FIPS 199)", str(flow.get("impact") or "").capitalize()),
        ("Protection in transit", flow["transit"]),
        ("Protection at rest", flow["rest"]),
        ("Who may use it, from where", flow.get("access")),
        ("Access safeguards", _safeguards(flow)),
        ("Verification", flow["verification"]),
        ("Storage", flow["storage"]),
        ("Retention", retention(flow)),
        ("Destruction", flow["destruction"]),
        ("Onward disclosure", flow["onward"]),
        ("What is made from it", flow.get("derived")),
        ("Logging", flow["logging"]),
        ("Audit of its use", flow.get("audit")),
        ("Notice of a breach", _breach(flow)),
    )


def _breach(flow: Row) -> str:
    """'Within 24 hours, to the duty officer'."""
    within = f"Within {count(flow['breach_hours'], 'hour')}" if flow["breach_hours"] else ""
    return ", ".join(part for part in (within, flow.get("breach_contact")) if part)


def retention(flow: Row) -> str:
    """How long the recipient keeps it: '30 days. Until the case and all appeals end'."""
    matched = f"After a match {count(flow['hit_days'], 'day')}" if flow.get("hit_days") else ""
    said = (count(flow["retention_days"], "day"), flow["retention_event"], matched)
    return ". ".join(words for words in said if words)


def _safeguards(flow: Row) -> Cell:
    given = (
        "Multi-factor authentication" if flow["mfa"] else "",
        f"Screening: {flow['screening']}" if flow["screening"] else "",
        f"Training: {flow['training']}" if flow["training"] else "",
        "Hit confirmation before action" if flow["hit_confirmation"] else "",
    )
    return tuple(part for part in given if part)


def commitments(content: Content) -> Table:
    """What each party undertakes."""
    names = {row["id"]: row["name"] for row in content["parties"]}
    rows = (
        (
            names.get(row["party"], ""),
            row["text"],
            row.get("resource") or "",
            _when(row),
            row.get("evidence") or "",
        )
        for row in content["commitments"]
    )
    columns = ("Party", "Commitment", "Resource", "When", "Evidence")
    return _lean(Table("What each party undertakes", columns, tuple(rows)))


def _when(row: Row) -> str:
    return ", ".join(part for part in (row.get("due"), row.get("recurrence")) if part)


def measures(content: Content) -> Table:
    """How the parties judge whether the agreement works."""
    names = {row["id"]: row["name"] for row in content["parties"]}
    rows = (
        (row["name"], row["definition"], row.get("baseline") or "", " ".join(part for part in (row["target"], row["unit"]) if part), row["source"],
         row["frequency"], names.get(row["owner"], "All parties"))
        for row in content["measures"]
    )  # fmt: skip
    columns = ("Measure", "Definition", "Baseline", "Target", "Source", "How often", "Owner")
    return _lean(Table("How effectiveness is measured", columns, tuple(rows)))


def contacts(content: Content) -> Table:
    """Whom to ask and where notices go."""
    rows = (
        (row["name"], _together(row.get("contact_name"), row.get("contact_title")), row.get("contact_email") or "",
         "; ".join(row.get("other_contacts") or ()), row.get("notice_address") or "", row.get("notice_email") or "")
        for row in content["parties"]
    )  # fmt: skip
    columns = (
        "Party",
        "Contact",
        "Contact's e-mail",
        "Others to reach",
        "Address for notices",
        "E-mail for notices",
    )
    return _lean(Table("Where notices go", columns, tuple(rows)))


def _term(content: Content, label: str) -> Schedule:
    term = content["term"]
    facts = _facts(
        "Dates and periods of this agreement",
        ("First day in force", _said(wording.effective(term))),
        ("Length", _said(wording.length(term)) if term.get("kind") != "fixed_date" else ""),
        ("Last day in force", _said(wording.last_day(term))),
        ("Renewal", _said(wording.renewal(term))),
        ("Notice to end it", tuple(_notices(content))),
        ("Deadlines", _deadlines(term)),
        ("Review", f"Every {count(term['review_months'], 'month')}" if term.get("review_months") else ""),
        (
            "Notice of an incident",
            f"Within {count(term['incident_hours'], 'hour')}" if term.get("incident_hours") else "",
        ),
        ("Data at the end", _said(wording.closeout(term)) if term.get("closeout_days") is not None else ""),
        ("What survives the end", _said(term.get("survival") or "")),
        ("Cure of a breach", f"Within {count(term['cure_days'], 'day')}" if term.get("cure_days") else ""),
        ("Suspension", _suspension(term)),
        ("Fewest parties", str(term["min_parties"]) if term.get("min_parties") else ""),
        ("A notice takes effect", _said(wording.receipt(content))),
        ("Notice against renewal", tuple(_against_renewal(content))),
        (
            "Option to renew",
            wording.joined(row["name"] for row in content["parties"] if row.get("renewal_right")),
        ),
        ("When a party may leave", tuple(_leaving(content))),
        ("Survives for", count(term.get("survival_months"), "month")),
        ("Governing law", _said(content.get("governing_law") or "")),
        ("Time zone of all dates", content.get("timezone")),
    )
    return _schedule("term", label, facts=(facts,))


def in_brief(term: Mapping[str, Any]) -> str:
    """A term's length and renewal in one line."""
    said = (_said(wording.length(term)), _said(wording.renewal(term)))
    return "; ".join(part for part in said if part)


def _notices(content: Content) -> Iterator[str]:
    for row in content["parties"]:
        yield f"{row['name']}: {wording.notice_of(row) or '[to be completed: days of notice]'}"


def _against_renewal(content: Content) -> Iterator[str]:
    """Where notice against renewal has a period or an opening of its own."""
    for row in content["parties"]:
        least, most = row.get("non_renewal_days"), row.get("notice_opens_days")
        said = [f"at least {count(least, 'day')} before the end" if least else "",
                f"not earlier than {count(most, 'day')} before it" if most else ""]  # fmt: skip
        if any(said):
            yield f"{row['name']}: {', '.join(part for part in said if part)}"


def _leaving(content: Content) -> Iterator[str]:
    for row in content["parties"]:
        if rule := wording.leaving(row):
            yield f"{row['name']}: {rule}"


def _deadlines(term: Row) -> str:
    """Nothing of a text from before such a rule could be stated."""
    if term.get("business_days") is None:
        return ""
    base = "the day of renewal" if term.get("notice_base") == "anniversary" else "the last day in force"
    moves = "move off weekends and holidays" if term["business_days"] else "are calendar days"
    return f"Counted from {base}; they {moves}"


def _suspension(term: Row) -> str:
    most = f"At most {count(term['suspension_max_days'], 'day')}" if term.get("suspension_max_days") else ""
    clock = "The term is prolonged by it" if term.get("suspension_stops_clock") else ""
    return ". ".join(part for part in (most, clock) if part)


def _said(words: wording.Words) -> str:
    text = f"[to be completed: {words.what}]" if isinstance(words, Gap) else words
    return text[:1].upper() + text[1:]


def _standing(party: Row) -> str:
    status = wording.CJ_STATUS.get(str(party.get("cj_status")), "")
    ori = f"ORI {party['ori']}" if party.get("ori") else ""
    return ", ".join(part for part in (status, ori) if part)


def _together(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


def _facts(caption: str, *rows: tuple[str, str | Cell | None]) -> Facts:
    cells = ((name, (value,) if isinstance(value, str) else value or ()) for name, value in rows)
    return Facts(caption, tuple((name, cell) for name, cell in cells if any(cell)))


def _lean(table: Table) -> Table:
    """The table without columns in which every cell is empty."""
    kept = [n for n, _ in enumerate(table.columns) if n == 0 or any(row[n] for row in table.rows)]
    rows = tuple(tuple(row[n] for n in kept) for row in table.rows)
    return Table(table.caption, tuple(table.columns[n] for n in kept), rows)
