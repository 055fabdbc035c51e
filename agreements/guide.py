"""The parts of a draft in the order they are asked for. Pure.

Each takes in one or more parts of the text (catalog/parts.toml), with the structured facts that belong to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agreements import catalog


@dataclass(frozen=True)
class Part:
    """One part of the draft: its address, its name, its page, which parts of the text it takes in, what it settles.

    `rows` is the kind of row listed there; `optional` may stay empty where the template does not call for it.
    """

    slug: str
    label: str
    template: str = "part"
    texts: tuple[str, ...] = ()
    teach: str = ""
    rows: str = ""
    optional: bool = False


PARTS: dict[str, Part] = {
    one.slug: one
    for one in (
        Part("parties", "Kind and parties", texts=("parties",),
             teach="What it is called, under which law it stands, and who takes part in which role."),
        Part("purpose", "Purpose and scope", texts=("purpose", "definitions"),
             teach="Why the data is shared, what is covered, what is not, and what the words mean."),
        Part("authority", "Authority", texts=("authority",),
             teach="The statute, ordinance or rule under which each party may enter into this."),
        Part("responsibilities", "Responsibilities", texts=("responsibilities",), rows="commitment",
             teach="What each party will do, with the people, money or things it takes, by when, and how it is shown."),
        Part("data", "Datasets and flows", texts=("data", "access"),
             teach="Describe each dataset once: what it is, who gives it to whom, for what, how it is protected and "
             "how long it is kept. Schedule A and the checks follow from it."),
        Part("special", "Rules of this kind", texts=(
            "cjis", "intelligence", "alpr", "program", "students", "control", "taskforce", "fusion", "crisis",
            "evidence", "regional", "victims", "federal", "research", "ukdp"), optional=True,
             teach="What law or practice asks of this kind of data or undertaking in particular."),
        Part("security", "Security and privacy", texts=("security", "privacy"),
             teach="How everybody protects the data, what happens when something goes wrong, and people's rights."),
        Part("training", "Training", texts=("training",),
             teach="What people learn before they get access. How often is stated for each flow."),
        Part("governance", "Governance and contacts", texts=("governance",),
             teach="Whom to ask, where notices go, and who decides on changes."),
        Part("measures", "Measures and review", texts=("measures",), rows="measure",
             teach="The figures by which the parties will know whether it works, and how often they look."),
        Part("costs", "Costs", texts=("costs",), teach="Who pays for what."),
        Part("liability", "Liability", texts=("liability",), teach="Who answers for mistakes and damage."),
        Part("records", "Public records", texts=("records",),
             teach="Who answers a request for shared data, and who speaks to the public."),
        Part("disputes", "Disputes", texts=("disputes",), teach="How a disagreement is settled, step by step."),
        Part("term", "Term and ending", "term", texts=("term", "closeout", "amendment"),
             teach="When it begins, how long it lasts, how it goes on, and what becomes of the data at the end."),
        Part("notice", "Notice, party by party",
             teach="How each party may leave. Parties may have different periods; each then sees its own deadline."),
        Part("signatures", "General and signatures", texts=("general", "signatures"),
             teach="The usual closing provisions, and who signs for each party in which order."),
        Part("share", "Check and share", "share"),
        Part("text", "The whole text", "text"),
        Part("preview", "Preview", "preview"),
    )
}  # fmt: skip
ASKED = [part for part in PARTS.values() if part.slug not in {"share", "text", "preview"}]
"""The parts that are complete or not."""
STEPS = [*ASKED, PARTS["share"]]
"""The way through the draft."""
PARTY_FACTS = {
    "authority": ("legal_authority",),
    "governance": ("contact_name", "contact_title", "contact_email", "other_contacts", "notice_email", "notice_address"),
    "notice": ("notice_days", "non_renewal_days", "notice_opens_days", "deemed_receipt", "withdrawal_rule",
               "withdrawal_not_before", "renewal_right"),
    "signatures": ("signatory", "signing_order", "signatory_name", "signatory_title", "deputy", "deputy_name",
                   "deputy_title"),
}  # fmt: skip
"""The facts of every party that are asked for together in a part."""
FIRST_ASKED = {"authority": ("legal_authority",), "governance": ("contact_name", "contact_title", "contact_email"),
               "notice": ("notice_days",), "signatures": ("signatory",)}  # fmt: skip
"""Those of them that are in sight; the others unfold."""
TERM_FACTS = {"security": ("incident_hours",), "measures": ("review_months",)}
"""The facts of the term that are asked for in other parts than its own."""
_ROWS = {"agreement": "parties", "party": "parties", "dataset": "data", "flow": "data",
         "commitments": "responsibilities", "measures": "measures", "term": "term", "provision": "text"}  # fmt: skip


def of_text(part: str) -> Part:
    """The part of the draft that a part of the text, by key or title, belongs to; the whole text for one of their own."""
    titles = catalog.load().parts
    key = part if part in titles else next((key for key, title in titles.items() if title == part), "")
    return next((one for one in ASKED if key in one.texts), PARTS["text"])


def of_place(kind: str, rest: str) -> str:
    """The slug of the part in which a finding is mended, by where it points: 'party', 'p1/notice_days'; '' for none."""
    field = rest.rpartition("/")[2]
    if kind == "clause":
        clause = catalog.load().clauses.get(rest.partition("/")[0])
        return of_text(clause.part).slug if clause else "text"
    facts = PARTY_FACTS if kind == "party" else TERM_FACTS if kind == "term" else {}
    named = next((slug for slug, names in facts.items() if field in names), "")
    return named or _ROWS.get(kind, "")


def called_for(texts: Iterable[str]) -> set[str]:
    """The slugs of the parts that these parts of the text, by key or title, belong to."""
    return {of_text(text).slug for text in texts}
