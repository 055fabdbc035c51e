"""A realistic agreement as canonical content, for the tests of documents."""

from typing import Any

PD, DA = "0b9f3f5e-0000-4000-8000-000000000001", "0b9f3f5e-0000-4000-8000-000000000002"
LEAD = "0b9f3f5e-0000-4001-8000-000000000001"


def _party(key: str, name: str, legal_name: str, roles: list[str], **facts: Any) -> dict[str, Any]:
    party: dict[str, Any] = {
        "id": key, "agency": key.replace("4000", "4001"), "name": name, "legal_name": legal_name,
        "kind": "police", "roles": roles, "cj_status": "CJA", "ori": "CO0390100", "legal_authority": "",
        "notice_days": 30, "notice_address": "", "notice_email": "", "contact_name": "", "contact_title": "",
        "contact_email": "", "signatory_name": "", "signatory_title": "",
    }  # fmt: skip
    return {**party, **facts}


def sample_parties() -> list[dict[str, Any]]:
    """A police department and a district attorney."""
    return [
        _party(
            PD, "Riverton PD", "City of Riverton, Police Department", ["provider"],
            legal_authority="Riverton Municipal Code 2.24.030", notice_address="400 Civic Plaza, Riverton, CO 81505",
            notice_email="records@riverton.example", contact_name="Dana Ruiz", contact_title="Records manager",
            contact_email="dana.ruiz@riverton.example", signatory_name="Elena Marsh", signatory_title="Chief of Police",
        ),
        _party(
            DA, "Mesa County DA", "Office of the District Attorney, Mesa County", ["recipient"], kind="prosecutor",
            ori="CO039013A", legal_authority="C.R.S. 20-1-102", notice_days=60, contact_name="Owen Tull",
            contact_title="Chief investigator", contact_email="otull@mesada.example",
            notice_address="125 N Spruce Street, Mesa, CO 81501", signatory_name="Priya Nair",
            signatory_title="District Attorney",
        ),
    ]  # fmt: skip


def flow(key: str, **facts: Any) -> dict[str, Any]:
    """One direction of one dataset, fully described."""
    values: dict[str, Any] = {
        "id": key, "provider": PD, "recipient": DA,
        "purposes": ["prosecution", "court"],
        "prohibited_uses": ["Immigration enforcement without a judicial warrant", "Employment or licensing checks"],
        "legal_basis": "C.R.S. 24-72-305.5; CJIS Security Policy 5.1.1", "method": "Encrypted API, system to system",
        "frequency": "On filing, within 24 hours", "transit": "TLS 1.3 with FIPS 140-3 validated modules",
        "rest": "AES-256, keys held by the recipient", "verification": "Recipient confirms counts each week",
        "storage": "Recipient's case system in Mesa County", "retention_days": 1095,
        "retention_event": "Until final disposition of the case", "destruction": "NIST SP 800-88 purge, certified in writing",
        "onward": "Only to defense counsel under Crim. P. 16", "logging": "Every query, kept one year",
        "breach_hours": 1, "mfa": True, "screening": "State and national fingerprint check",
        "training": "Before access and every year", "hit_confirmation": True, "status": "planned",
    }  # fmt: skip
    return {**values, **facts}


def sample_datasets() -> list[dict[str, Any]]:
    """Two datasets, the first flowing both ways."""
    back = flow("f2", provider=DA, recipient=PD, prohibited_uses=[], retention_days=None, retention_event="")
    video = flow("f3", method="Evidence portal link", retention_days=1, mfa=False, hit_confirmation=False)
    return [
        {
            "id": "d1", "name": "Incident and arrest reports", "category": "CHRI", "classification": "CJI",
            "description": "Reports of incidents, arrests and supplements as approved by a supervisor.",
            "personal_data": True, "elements": ["name", "date of birth", "charges", "narrative"],
            "flows": [flow("f1"), {**back, "purposes": ["criminal_investigation"]}],
        },
        {
            "id": "d2", "name": "Body-worn camera video", "category": "somewhere_new", "classification": "LES",
            "description": "Video with audio and its metadata.", "personal_data": True,
            "elements": ["video", "audio", "officer", "location"], "flows": [video],
        },
    ]  # fmt: skip


def provision(key: str, part: str, heading: str, text: str, **facts: Any) -> dict[str, Any]:
    """One provision as it stands in the content."""
    values = {"id": key, "part": part, "heading": heading, "text": text, "origin": "", "position": "own"}
    return {**values, "withheld": False, "level": 2, **facts}


def sample_provisions() -> list[dict[str, Any]]:
    """A dozen clauses in eight parts, with placeholders, a list and a table."""
    rows = [
        ("Parties and recitals", "Parties", "This agreement is made between:\n\n{parties.list}", 2),
        ("Parties and recitals", "Recitals", "The parties share criminal justice information so that charging "
         "decisions are prompt and complete, and wish to do so *lawfully, securely and accountably*.", 2),
        ("Purpose and scope", "Purpose", "{party.lead} and its partner exchange the datasets {datasets.names} described "
         "in {datasets.schedule}, for the purposes named there and for no other.", 2),
        ("Purpose and scope", "Scope", "Nothing in this agreement gives direct access to a state or federal system.", 2),
        ("Legal authority", "Authority of each party", "The parties act under:\n\n{parties.authority}", 2),
        ("Access and use", "Who may have access", "Access is given only to a person who:", 2),
        ("Access and use", "", "has passed a state and national fingerprint-based check;", 3),
        ("Access and use", "", "has completed security awareness training; and", 3),
        ("Access and use", "", "needs the information for an assigned duty.", 3),
        ("Access and use", "Secondary dissemination", "A recipient keeps a log of each secondary dissemination with:\n\n"
         "- the date and the record;\n- the person and agency that received it; and\n- the **authority** for it.", 2),
        ("Security and incidents", "Incident notice", "A party that learns of unauthorized access tells the other within "
         "{term.incident_hours} of discovery, by telephone and in writing.", 2),
        ("Security and incidents", "Severity", "| Severity | Example | Notice |\n|---|---|---|\n"
         "| High | Data left the system | {term.incident_hours} |\n| Low | Attempt stopped | next working day |", 2),
        ("Commitments and review", "Commitments", "The parties' commitments are in {commitments.table}.", 2),
        ("Commitments and review", "Measures", "The parties review this agreement {term.review} and judge it by:"
         "\n\n{measures.table}\n\nA measure is not a quota.", 2),
        ("Term and ending", "Term", "This agreement takes effect on {term.effective}. Its last day is {term.last_day}. "
         "It may be renewed {term.renewal}.", 2),
        ("Term and ending", "Ending by notice", "Either party may end it in writing: {term.notice}.", 2),
        ("Term and ending", "Survival", "{term.survival} survive the end.", 2),
        ("General", "Governing law", "This agreement is governed by {agreement.governing_law}.", 2),
        ("General", "Notices", "Notices go to the contacts in {contacts.table}.", 2),
    ]  # fmt: skip
    return [
        provision(f"p{n}", part, heading, text, level=level, origin="clause@1", position="standard")
        for n, (part, heading, text, level) in enumerate(rows, 1)
    ]


def sample_content(**changes: Any) -> dict[str, Any]:
    """A complete criminal justice information exchange between two agencies."""
    content: dict[str, Any] = {
        "format": "concordat.agreement/1", "reference": "IEA-2026-0042",
        "title": "Criminal justice information exchange", "kind": "IEA", "binding": "binding", "template": "cjis-iea",
        "jurisdiction": "Colorado", "governing_law": "the laws of the State of Colorado",
        "timezone": "America/Denver", "lead": LEAD, "parties": sample_parties(), "provisions": sample_provisions(),
        "datasets": sample_datasets(),
        "commitments": [
            {"id": "c1", "party": PD, "text": "Maintains the interface and tells the DA of changes 30 days ahead.",
             "category": "technology", "resource": "0.2 of a systems analyst", "due": "", "recurrence": "continuous",
             "evidence": "Change log"},
            {"id": "c2", "party": DA, "text": "Trains every user before access.", "category": "training",
             "resource": "", "due": "15 Jan 2027", "recurrence": "yearly", "evidence": "Training roster"},
        ],
        "measures": [
            {"id": "m1", "name": "Timely filing", "definition": "Share of reports received within 24 hours of approval",
             "target": "95", "unit": "percent", "source": "Interface log", "frequency": "monthly", "owner": DA},
            {"id": "m2", "name": "Complaints", "definition": "Privacy complaints about shared data", "target": "0",
             "unit": "", "source": "Both records units", "frequency": "quarterly", "owner": None},
        ],
        "term": {
            "effective_rule": "date", "effective_on": "2027-01-01", "kind": "fixed_date", "months": None,
            "last_day": "2029-12-31", "renewal": "mutual_written", "renewal_months": 12, "renewal_max": 2,
            "review_months": 12, "incident_hours": 1, "closeout_days": 30, "closeout": "destroy",
            "survival": "Confidentiality, logging and destruction",
        },
    }  # fmt: skip
    return {**content, **changes}
