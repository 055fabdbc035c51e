"""What the application itself asks."""

from tests.agreements.rules.contents import Cases, alpr, bare, cji, complete, having, plain, term, without

# rule: (fails, passes, does not apply)
CASES: Cases = {
    "ALPR-004": (lambda: having(alpr(), provisions=[]), alpr, complete),
    "DAT-001": (
        lambda: having(complete(), datasets=[{**complete()["datasets"][0], "flows": []}]),
        complete,
        bare,
    ),
    "DAT-002": (lambda: cji(provider="p1", recipient="p1"), complete, bare),
    "DAT-003": (lambda: cji(onward=""), complete, bare),
    "GEN-009": (lambda: without(complete(), "cjis-training"), complete, plain),
    "TRM-012": (lambda: term(complete(), closeout_days=None), complete, plain),
}
