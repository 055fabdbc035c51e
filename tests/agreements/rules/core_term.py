"""Term, renewal, ending and what follows."""

from tests.agreements.rules.contents import (
    Cases,
    about_party,
    alpr,
    bare,
    cji,
    complete,
    early,
    filed,
    only,
    party,
    plain,
    recorded,
    term,
    three_parties,
)

# rule: (fails, passes, does not apply)
CASES: Cases = {
    "TRM-001": (
        lambda: term(complete(), kind="fixed_date", effective_on="2027-01-01", last_day="2026-12-31"),
        lambda: term(complete(), kind="fixed_date", effective_on="2027-01-01", last_day="2027-12-31"),
        complete,
    ),
    "TRM-001a": (lambda: term(complete(), months=None), complete, plain),
    "TRM-001b": (
        lambda: term(complete(), effective_rule="date"),
        lambda: term(complete(), effective_rule="date", effective_on="2027-01-01"),
        complete,
    ),
    "TRM-001c": (
        lambda: term(complete(), kind="fixed_date", last_day="2026-11-20"),
        lambda: term(complete(), kind="fixed_date", last_day="2026-11-21"),
        complete,
    ),
    "TRM-002": (lambda: term(alpr(), renewal_max=None), alpr, complete),
    "TRM-002a": (lambda: party(alpr(), notice_days=10), alpr, complete),
    "TRM-003": (lambda: term(plain(), review_months=None), plain, complete),
    "TRM-004": (lambda: party(complete(), notice_days=None), lambda: party(complete(), notice_days=0), bare),
    "TRM-006": (
        lambda: term(complete(), effective_rule="date", effective_on="2026-08-01"),
        lambda: term(complete(), effective_rule="date", effective_on="2026-12-01"),
        complete,
    ),
    "TRM-007": (
        lambda: recorded(cji(status="live"), executed=True, over=True),
        lambda: recorded(cji(status="ended"), executed=True, over=True),
        lambda: recorded(cji(status="live"), executed=True, over=False),
    ),
    "TRM-008": (
        lambda: three_parties(only("Nothing on it.")),
        lambda: three_parties(complete()),
        complete,
    ),
    "TRM-009": (
        lambda: recorded(complete(), changes=["term"], not_asked=["Linden Sheriff's Office"]),
        lambda: recorded(complete(), changes=["term", "parties"], not_asked=[]),
        lambda: recorded(complete(), changes=[], not_asked=["Linden Sheriff's Office"]),
    ),
    "TRM-010": (lambda: term(complete(), survival=""), complete, early),
    "TRM-011": (
        lambda: about_party(complete(), receives=True, closeout_over=True),
        lambda: filed(about_party(complete(), receives=True, closeout_over=True), "destruction", party="p1"),
        lambda: about_party(complete(), receives=True, closeout_over=False),
    ),
}
