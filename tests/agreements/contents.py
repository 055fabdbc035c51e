"""Complete content of an agreement, built from a template, for tests of pure functions."""

import copy
from datetime import date
from typing import Any

from agreements.catalog import blueprint, load

TODAY = date(2026, 11, 21)
NAMES = ("Riverbend Police Department", "Oakdale County District Attorney", "Linden Sheriff's Office")

Content = dict[str, Any]


def _party(place: int, seat: Any) -> Content:
    return {
        "id": f"p{place + 1}",
        "agency": f"a{place + 1}",
        "name": NAMES[place],
        "legal_name": f"City of {NAMES[place]}",
        "kind": "police",
        "jurisdiction": "Oregon",
        "roles": list(seat.roles),
        "cj_status": seat.cj_status,
        "ori": "CA0010100",
        "legal_authority": "State Government Code section 6502",
        "notice_days": seat.notice_days,
        "notice_address": "1 Main Street",
        "notice_email": "notices@example.gov",
        "contact_name": "Dana Reyes",
        "contact_title": "Records manager",
        "contact_email": "dana@example.gov",
        "signatory_name": "Lee Arden",
        "signatory_title": "Chief",
    }


def _dataset(place: int, row: Content, seats: dict[str, str]) -> Content:
    flows = [
        {
            **flow,
            "id": f"f{place}{n}",
            "provider": seats[flow["provider"]],
            "recipient": seats[flow["recipient"]],
        }
        for n, flow in enumerate(row["flows"])
    ]
    return {**row, "id": f"d{place}", "flows": flows}


def complete(template: str = "cjis-iea") -> Content:
    """Content that a template's blueprint gives once two parties have taken their seats and filled their entries."""
    plan = blueprint(template)
    seats = {seat.key: f"p{place + 1}" for place, seat in enumerate(plan.seats)}
    content = {
        "format": "concordat.agreement/1",
        "reference": "IEA-2026-0001",
        "title": plan.title,
        "kind": plan.kind,
        "binding": plan.binding,
        "template": f"{plan.template}@{plan.version}",
        "jurisdiction": "Oregon",
        "governing_law": "the laws of the State of Oregon",
        "timezone": "America/Los_Angeles",
        "lead": "a1",
        "parties": [_party(place, seat) for place, seat in enumerate(plan.seats)],
        "provisions": [{"id": f"v{n}", **row} for n, row in enumerate(plan.provisions)],
        "datasets": [_dataset(n, row, seats) for n, row in enumerate(plan.datasets)],
        "commitments": [
            {**row, "id": f"c{n}", "party": seats[row["party"]]} for n, row in enumerate(plan.commitments)
        ],
        "measures": [{**row, "id": f"m{n}", "owner": "p1"} for n, row in enumerate(plan.measures)],
        "term": dict(plan.term),
    }
    return copy.deepcopy(content)


def of_category(category: str, **flow: Any) -> Content:
    """A complete agreement whose one dataset is of `category`, with flow fields overlaid."""
    content = complete()
    dataset = content["datasets"][0]
    dataset["category"] = category
    dataset["personal_data"] = load().categories[category].personal_data
    dataset["flows"][0].update(flow)
    content["datasets"] = [dataset]
    return content


def without(content: Content, *keys: str) -> Content:
    """The content without the provisions drawn from these clauses."""
    content["provisions"] = [p for p in content["provisions"] if p["origin"].partition("@")[0] not in keys]
    return content


def with_clause(content: Content, *keys: str) -> Content:
    """The content with further provisions from the library."""
    for key in keys:
        clause = load().clauses[key]
        content["provisions"].append(
            {"origin": clause.origin, "heading": clause.heading, "text": clause.text}
        )
    return content


def worded(content: Content, text: str) -> Content:
    """The content with one provision of the parties' own words."""
    content["provisions"].append({"origin": "", "heading": "Own", "text": text})
    return content


def only(text: str, **fields: Any) -> Content:
    """Content whose whole prose is `text`, as after an import."""
    content = complete()
    content["template"] = ""
    content["provisions"] = []
    content.update(fields)
    return worded(content, text)


def term(content: Content, **fields: Any) -> Content:
    """The content with these fields of its term."""
    content["term"].update(fields)
    return content


def party(content: Content, place: int = 0, **fields: Any) -> Content:
    """The content with these fields of a party."""
    content["parties"][place].update(fields)
    return content


def flow(content: Content, **fields: Any) -> Content:
    """The content with these fields in every flow."""
    for dataset in content["datasets"]:
        for one in dataset["flows"]:
            one.update(fields)
    return content


def having(content: Content, **fields: Any) -> Content:
    """The content with these top fields."""
    content.update(fields)
    return content


def three_parties(content: Content) -> Content:
    """The content with a third party."""
    third = {**content["parties"][0], "id": "p3", "agency": "a3", "name": NAMES[2]}
    content["parties"].append(third)
    content["commitments"].append({"id": "c9", "party": "p3", "text": "Take part in reviews."})
    return content
