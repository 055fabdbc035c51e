"""Health, education, vehicles, victims, plate readers, federal partners."""

from tests.agreements.rules.contents import (
    Cases,
    alpr,
    complete,
    having,
    limited_set,
    of_category,
    party,
    term,
    to_locate,
    with_clause,
    worded,
)

# rule: (fails, passes, does not apply)
CASES: Cases = {
    "PHI-001": (
        lambda: of_category("PHI", legal_basis="This agreement"),
        lambda: of_category("PHI", legal_basis="45 CFR 164.512(j)"),
        complete,
    ),
    "PHI-002": (
        lambda: to_locate("Name", "Dental records"),
        lambda: to_locate("Name", "Date and place of birth", "Type of injury"),
        lambda: of_category("PHI", legal_basis="45 CFR 164.512(j)"),
    ),
    "PHI-003": (
        limited_set,
        lambda: with_clause(limited_set(), "phi-limited-set"),
        lambda: of_category("PHI", legal_basis="45 CFR 164.512(j)"),
    ),
    "PHI-004": (
        lambda: limited_set(purposes=["criminal_investigation"]),
        lambda: limited_set(purposes=["research"]),
        lambda: of_category("PHI", legal_basis="45 CFR 164.512(j)", purposes=["criminal_investigation"]),
    ),
    "PHI-006": (
        lambda: of_category("SUD", legal_basis="Consent"),
        lambda: worded(
            of_category("SUD", legal_basis="Consent under 42 CFR 2.31"), "Notice under 42 CFR 2.32."
        ),
        complete,
    ),
    "EDU-001": (
        lambda: of_category("education_record", legal_basis="This agreement"),
        lambda: complete("sro"),
        complete,
    ),
    "EDU-002": (
        lambda: of_category("education_record", legal_basis="Studies, 34 CFR 99.31(a)(6)"),
        lambda: with_clause(
            of_category("education_record", legal_basis="Studies, 34 CFR 99.31(a)(6)"), "ferpa-written"
        ),
        lambda: of_category("education_record", legal_basis="34 CFR 99.36"),
    ),
    "DMV-001": (
        lambda: of_category("DMV", legal_basis="Police work"),
        lambda: of_category("DMV", legal_basis="18 USC 2721(b)(1)"),
        complete,
    ),
    "DMV-002": (
        lambda: of_category("DMV", onward="To tow companies under contract"),
        lambda: with_clause(of_category("DMV", onward="To tow companies under contract"), "dmv-redisclosure"),
        lambda: of_category("DMV", onward="None"),
    ),
    "VIC-001": (
        lambda: of_category("victim_services", legal_basis="Written consent"),
        lambda: of_category("victim_services", legal_basis="Informed written consent, time-limited"),
        complete,
    ),
    "ALPR-001": (
        lambda: party(alpr(), 1, jurisdiction="Nevada"),
        alpr,
        lambda: party(party(alpr(), 0, jurisdiction="Oregon"), 1, jurisdiction="Nevada"),
    ),
    "ALPR-002": (
        lambda: alpr(logging="Date and user"),
        alpr,
        lambda: complete("alpr"),
    ),
    "FED-001": (
        lambda: worded(complete("federal-local"), "Officers act under 8 USC 1357(g)."),
        lambda: with_clause(complete("federal-local"), "fed-immigration"),
        lambda: complete("federal-local"),
    ),
    "FED-002": (
        lambda: term(having(complete(), kind="matching"), months=24),
        lambda: term(having(complete(), kind="matching"), months=18),
        complete,
    ),
    "FED-002a": (
        lambda: term(having(complete(), kind="matching"), renewal_months=18),
        lambda: term(having(complete(), kind="matching"), renewal_months=12),
        lambda: term(having(complete(), kind="matching"), renewal="none"),
    ),
}
