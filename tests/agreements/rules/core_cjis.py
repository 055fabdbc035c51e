"""Criminal justice information and criminal intelligence."""

from tests.agreements.rules.contents import (
    ELEVEN,
    Cases,
    cji,
    complete,
    contracted,
    filed,
    intel,
    of_category,
    only,
    outsourced,
    party,
    plain,
    recorded,
    term,
    user_agreement,
    with_clause,
    without,
    worded,
)

# rule: (fails, passes, does not apply)
CASES: Cases = {
    "CJI-001": (lambda: cji(status="live"), complete, lambda: recorded(cji(status="live"), executed=True)),
    "CJI-002": (
        lambda: user_agreement("cjis-validation"),
        user_agreement,
        complete,
    ),
    "CJI-002a": (
        lambda: only("Security, training and audit."),
        lambda: only(ELEVEN + "use of systems, validation."),
        plain,
    ),
    "CJI-003": (
        lambda: party(complete(), 1, cj_status="NCJA_gov"),
        lambda: with_clause(party(complete(), 1, cj_status="NCJA_gov"), "cjis-management-control"),
        complete,
    ),
    "CJI-004": (
        lambda: party(complete(), 1, cj_status="contractor"),
        lambda: with_clause(party(complete(), 1, cj_status="contractor"), "cjis-security-addendum"),
        complete,
    ),
    "CJI-004a": (
        lambda: party(complete(), 1, cj_status="contractor"),
        lambda: filed(contracted(), "certification_pages"),
        complete,
    ),
    "CJI-005": (
        lambda: outsourced(),
        lambda: filed(with_clause(outsourced(), "cjis-outsourcing"), "compact_permission"),
        lambda: of_category("CHRI", purposes=["licensing"]),
    ),
    "CJI-006": (lambda: term(complete(), review_months=48), complete, plain),
    "CJI-007": (lambda: cji(method=""), complete, plain),
    "CJI-008": (
        lambda: cji(transit="TLS"),
        complete,
        lambda: cji(transit="Stays within a physically secure location"),
    ),
    "CJI-009": (lambda: cji(transit="FIPS 140-2"), complete, plain),
    "CJI-010": (
        lambda: cji(rest="AES-128"),
        lambda: cji(rest="AES-256 under FIPS 197"),
        lambda: cji(rest="Kept within a physically secure location"),
    ),
    "CJI-011": (lambda: cji(storage="Cloud in Ireland"), complete, plain),
    "CJI-012": (
        lambda: without(cji(storage="Government cloud in the United States"), "cjis-cloud"),
        lambda: cji(storage="Government cloud in the United States"),
        complete,
    ),
    "CJI-013": (lambda: cji(mfa=False), complete, plain),
    "CJI-014": (lambda: term(complete(), incident_hours=24), complete, plain),
    "CJI-015": (lambda: cji(screening="Interview"), complete, plain),
    "CJI-016": (lambda: cji(training="Within six months and every two years"), complete, plain),
    "CJI-017": (lambda: cji(logging="Who and when; kept at least one year"), complete, plain),
    "CJI-018": (
        lambda: only("Nothing on it."),
        lambda: worded(
            only("Nothing on it."), "A log of secondary dissemination, a secondary dissemination log."
        ),
        lambda: cji(onward="None"),
    ),
    "CJI-019": (lambda: cji(destruction="Deleted"), complete, plain),
    "CJI-021": (
        lambda: of_category("NCIC", hit_confirmation=False),
        lambda: of_category("NCIC"),
        complete,
    ),
    "INT-001": (intel, lambda: intel("intel-handling"), complete),
    "INT-002": (intel, lambda: intel("intel-handling"), complete),
    "INT-003": (lambda: only("-", datasets=intel()["datasets"]), lambda: intel("intel-handling"), complete),
    "INT-004": (lambda: intel(logging=""), intel, complete),
    "INT-005": (lambda: intel(retention_days=2000), intel, complete),
}
