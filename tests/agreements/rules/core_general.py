"""Parties, authority, privacy, public records, signatures and records."""

from tests.agreements.rules.contents import (
    Cases,
    about_party,
    bare,
    cji,
    complete,
    early,
    filed,
    having,
    only,
    party,
    plain,
    recorded,
    signed,
    without,
)

# rule: (fails, passes, does not apply)
CASES: Cases = {
    "GEN-001": (lambda: having(complete(), title=" "), complete, early),
    "GEN-001a": (lambda: having(complete(), parties=complete()["parties"][:1]), complete, early),
    "GEN-001b": (lambda: party(complete(), legal_authority=""), complete, bare),
    "GEN-001c": (lambda: party(complete(), notice_address="", notice_email=""), complete, bare),
    "GEN-002": (lambda: party(complete(), signatory_name=""), complete, bare),
    "GEN-002a": (
        lambda: about_party(complete(), agency="Riverbend", authority=""),
        lambda: about_party(complete(), agency="Riverbend", authority="Charter s.4"),
        complete,
    ),
    "GEN-003": (
        lambda: about_party(complete(), body_approves=True),
        lambda: filed(about_party(complete(), body_approves=True), "resolution", party="p1"),
        lambda: about_party(complete(), body_approves=False),
    ),
    "GEN-006": (lambda: having(complete(), commitments=complete()["commitments"][:1]), complete, bare),
    "PRV-001": (lambda: only("Nothing on it."), complete, plain),
    "PRV-002": (
        lambda: having(cji(legal_basis=""), jurisdiction="UK"),
        lambda: having(complete(), jurisdiction="UK"),
        complete,
    ),
    "PRV-002a": (
        lambda: having(complete(), jurisdiction="UK"),
        lambda: having(complete("uk-dsa"), jurisdiction="UK"),
        complete,
    ),
    "PUB-001": (lambda: only("Nothing on it."), complete, early),
    "SIG-001": (lambda: signed(intent=""), signed, complete),
    "SIG-002": (lambda: signed(text_sha256="b" * 64), signed, complete),
    "SIG-003": (lambda: without(complete(), "counterparts"), complete, early),
    "REC-001": (
        lambda: recorded(complete(), executed=True),
        lambda: filed(recorded(complete(), executed=True), "records_schedule"),
        complete,
    ),
}
