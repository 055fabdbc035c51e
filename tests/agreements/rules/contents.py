"""Agreements as the tables of cases name them. `complete` is in order; each helper spoils or adds one thing."""

from collections.abc import Callable
from typing import Any

from tests.agreements.contents import (
    Content,
    complete,
    flow,
    having,
    of_category,
    only,
    party,
    term,
    three_parties,
    with_clause,
    without,
    worded,
)

Make = Callable[[], Content]
Cases = dict[str, tuple[Make, Make, Make]]
"""For each rule a content where it fails, one where it passes, one where it does not apply."""

ELEVEN = "Audit, dissemination, hit confirmation, logging, quality assurance, screening, security, timeliness, training, "

__all__ = [
    "ELEVEN", "Cases", "Content", "Make", "about_party", "alpr", "bare", "cji", "complete", "contracted", "early",
    "filed", "flow", "having", "intel", "limited_set", "of_category", "only", "orders", "outsourced", "party", "plain",
    "recorded", "reimbursed", "signed", "term", "three_parties", "to_locate", "user_agreement", "with_clause",
    "without", "worded",
]  # fmt: skip


def plain() -> Content:
    """Two agencies sharing maps: hardly any rule concerns it."""
    content = of_category("GIS")
    content["kind"], content["template"], content["binding"] = "MOU", "", "mixed"
    return term(content, kind="evergreen", months=None, renewal="none")


def bare() -> Content:
    """A draft into which nobody has put anything yet."""
    return {"parties": [], "provisions": [], "datasets": [], "commitments": [], "measures": [], "term": {}}


def early() -> Content:
    """Marks rules that concern every agreement: the quiet case is a draft before the stage that asks them."""
    return complete()


def cji(**fields: object) -> Content:
    """A complete exchange of criminal justice information with these flow fields."""
    return flow(complete(), **fields)


def alpr(**fields: object) -> Content:
    """Plate readers shared between two agencies of California."""
    content = flow(having(complete("alpr"), jurisdiction="California"), **fields)
    for row in content["parties"]:
        row["jurisdiction"] = "California"
    return content


def intel(*clauses: str, **fields: object) -> Content:
    """Criminal intelligence, with these clauses of the library."""
    return with_clause(of_category("criminal_intel", **{"retention_days": 1000, **fields}), *clauses)


def user_agreement(*gone: str) -> Content:
    """A user agreement with the state's CJIS agency, without these clauses and their words."""
    content = without(having(complete(), kind="user_agreement"), *gone)
    for row in content["provisions"] if gone else ():
        row["text"] = row["text"].replace("alidat", "xx")
    return content


def contracted() -> Content:
    """A private contractor receives the data, under the addendum."""
    return with_clause(party(complete(), 1, cj_status="contractor"), "cjis-security-addendum")


def outsourced() -> Content:
    """Criminal history for licensing goes to a private body."""
    return party(of_category("CHRI", purposes=["licensing"]), 1, cj_status="NCJA_private")


def to_locate(*elements: str) -> Content:
    """Health information given to find a person, with these elements."""
    content = of_category("PHI", legal_basis="45 CFR 164.512(f)(2)")
    content["datasets"][0]["elements"] = list(elements)
    return content


def limited_set(**fields: object) -> Content:
    """A limited data set of health information."""
    return of_category("PHI", **{"legal_basis": "Limited data set, 45 CFR 164.514(e)", **fields})


def reimbursed() -> Content:
    """One federal agency works for another and is paid back."""
    return only("The ordering agency reimburses the work.", kind="IAA")


def recorded(content: Content, **facts: Any) -> Content:
    """The content with these facts of the record."""
    content.setdefault("record", {}).update(facts)
    return content


def about_party(content: Content, **facts: Any) -> Content:
    """The content with these facts of the record about its first party."""
    return recorded(content, parties={"p1": facts})


def filed(content: Content, kind: str, party: str | None = None, **facts: Any) -> Content:
    """The content with one more paper on file."""
    row = {
        "kind": kind,
        "party": party,
        "reference": "No. 7",
        "on": "2026-01-02",
        "until": None,
        "amount": None,
    }
    files = content.get("record", {}).get("files", [])
    return recorded(content, files=[*files, row | facts])


def orders(content: Content, *, amount: str) -> Content:
    """The content with general terms over 100,000 and one order of this amount on file."""
    whole = filed(content, "form_7600a", amount="100000.00", until="2027-12-31")
    return filed(whole, "form_7600b", amount=amount, until="2027-06-30")


def signed(**facts: str) -> Content:
    """A signed agreement, with these facts of its one signature."""
    signature = {
        "id": "s1", "name": "Lee Arden", "agency": "Riverbend Police Department", "intent": "I sign.",
        "authenticated_by": "password", "signed_at": "2026-11-20T10:00:00Z", "document_sha256": "a" * 64,
        "version_sha256": "a" * 64, "text_sha256": "a" * 64,
    }  # fmt: skip
    return recorded(complete(), signatures=[signature | facts])
