"""The optional pack."""

from tests.agreements.rules.contents import (
    Cases,
    alpr,
    bare,
    cji,
    complete,
    early,
    filed,
    having,
    of_category,
    only,
    orders,
    party,
    plain,
    recorded,
    reimbursed,
    with_clause,
    without,
    worded,
)

# rule: (fails, passes, does not apply)
CASES: Cases = {
    "GEN-004": (lambda: having(complete(), governing_law=""), complete, plain),
    "GEN-005": (
        lambda: worded(having(complete(), binding="non_binding"), "Each party shall indemnify the other."),
        lambda: having(complete(), binding="non_binding"),
        complete,
    ),
    "GEN-007": (lambda: having(complete(), measures=[]), complete, early),
    "GEN-008": (lambda: without(complete(), "severability"), complete, early),
    "CJI-020": (
        lambda: party(complete(), 1, cj_status="contractor"),
        lambda: with_clause(party(complete(), 1, cj_status="contractor"), "cjis-security-addendum"),
        complete,
    ),
    "CJI-022": (lambda: without(complete(), "cjis-devices"), complete, plain),
    "CJI-023": (lambda: worded(complete(), "See section 5.1.1 of the policy."), complete, plain),
    "CJI-024": (lambda: only("CJIS Security Policy version 5.8."), complete, plain),
    "CJI-025": (
        lambda: party(cji(method="N-DEx contribution"), 1, ori="CA001010Z"),
        lambda: cji(method="N-DEx contribution"),
        complete,
    ),
    "PHI-005": (
        lambda: worded(of_category("PHI", breach_hours=2000), "A business associate gives notice."),
        lambda: with_clause(of_category("PHI", breach_hours=72), "cr-associate"),
        lambda: of_category("PHI", breach_hours=2000),
    ),
    "PHI-007": (
        lambda: of_category("PHI", legal_basis="45 CFR 164.512(j)"),
        lambda: with_clause(of_category("PHI", legal_basis="45 CFR 164.512(j)"), "phi-accounting"),
        lambda: of_category("PHI", legal_basis="45 CFR 164.508"),
    ),
    "EDU-003": (
        lambda: having(only("Supervision and training."), template="sro@1"),
        lambda: complete("sro"),
        complete,
    ),
    "TAX-001": (
        lambda: of_category("FTI"),
        lambda: with_clause(of_category("FTI"), "fti-safeguards"),
        complete,
    ),
    "ALPR-003": (lambda: alpr(retention_days=None), alpr, complete),
    "FED-003": (
        reimbursed,
        lambda: orders(with_clause(reimbursed(), "fed-economy-act"), amount="50000.00"),
        lambda: only("Each agency bears its own costs.", kind="IAA"),
    ),
    "FED-004": (
        lambda: orders(reimbursed(), amount="250000.00"),
        lambda: orders(reimbursed(), amount="50000.00"),
        reimbursed,
    ),
    "PRV-003": (
        lambda: worded(complete(), "The Parties are joint controllers."),
        lambda: complete("uk-dsa"),
        complete,
    ),
    "PRV-004": (
        lambda: having(cji(breach_hours=100), jurisdiction="UK"),
        lambda: having(complete(), jurisdiction="UK"),
        complete,
    ),
    "PRV-005": (
        lambda: cji(purposes=["research"]),
        lambda: with_clause(cji(purposes=["research"]), "res-cells", "res-deidentify"),
        complete,
    ),
    "TRM-005": (lambda: party(complete(), notice_days=90), complete, bare),
    "SIG-004": (
        lambda: having(complete("uk-dsa"), jurisdiction="UK"),
        lambda: filed(having(complete("uk-dsa"), jurisdiction="UK"), "signature_level"),
        complete,
    ),
    "REC-002": (
        lambda: filed(recorded(complete(), erasures=["entry 7"]), "legal_hold"),
        lambda: filed(recorded(complete(), erasures=[]), "legal_hold"),
        lambda: recorded(complete(), erasures=["entry 7"]),
    ),
    "ACC-001": (
        lambda: recorded(complete(), sealed=True),
        lambda: filed(recorded(complete(), sealed=True), "accessibility_check"),
        complete,
    ),
}
