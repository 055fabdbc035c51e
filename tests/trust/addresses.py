"""Addresses that the probes ask for, with places for ids: {n} a version, {entry} an entry, the others by name."""

PAGES = (
    "", "data/", "checks/", "checks/CJI-013/waive/", "waivers/{waiver}/end/", "filings/resolution/",
    "filings/{filing}/withdraw/", "discussion/", "discussion/?about={provision}", "discussion/?about=term:review",
    "discussion/?reply_to={comment}", "suggestions/", "suggestions/new/", "suggestions/new/?about={provision}",
    "suggestions/value/", "suggestions/value/term/",
    "versions/", "versions/since/", "versions/receive/", "versions/{n}/", "versions/compare/?from={n}&to={n}",
    "versions/compare/?from={n}&to={m}", "versions/compare/?from=1&to={m}&show=whole", "approvals/", "dates/", "files/",
    "history/", "history/?what=comment", "history/{entry}/erase/", "dossier/", "draft/", "draft/text/", "draft/preview/",
    "steps/return/", "steps/share/", "sign/", "sign/outside/", "ink/", "who/", "who.csv", "readers/", "readers.csv",
)  # fmt: skip
"""Below the page of one agreement."""
DOORS = (
    "", "parties/", "provisions/", "provisions/{provision}/", "datasets/", "flows/", "commitments/", "measures/", "term/",
    "comments/", "comments/{comment}/", "comments/?limit={n}", "suggestions/", "suggestions/{suggestion}/", "checks/",
    "waivers/", "filings/", "versions/", "versions/{n}/", "versions/{n}/content/", "redline/?from={n}&to={n}",
    "redline/?from=1&to={m}", "redline/since/", "approvals/", "signatures/", "signature-requests/", "decisions/", "events/",
    "ink-signatures/", "events/?before={entry}", "events/{entry}/erasure/", "access/", "readers/", "grants/", "source/", "text/", "history/",
)  # fmt: skip
"""Below one agreement in the API; some that are not there."""
ELSEWHERE = (
    "/", "/agreements/", "/agreements/new/", "/agreements/import/", "/agreements/import/{intake}/", "/agreements/import/many/",
    "/agreements/import/many/{batch}/", "/board/", "/board.csv", "/reports/", "/dossiers/", "/dossiers/new/",
    "/dossiers/{dossier}/", "/dossiers/{dossier}/file", "/agencies/", "/mail/", "/mail/{entry}/", "/account/", "/audit/",
    "/audit/exports/", "/audit/exports/{entry}/", "/audit/exports/{entry}/file/", "/audit/worth-a-look/",
    "/agencies/mesa-county-district-attorney/who/", "/agencies/mesa-county-district-attorney/readers.csv",
    "/api/v1/agreements/", "/api/v1/imports/", "/api/v1/imports/{intake}/", "/api/v1/imports/many/{batch}/",
    "/api/v1/imports/many/{batch}/rows/", "/api/v1/dossiers/", "/api/v1/dossiers/{dossier}/", "/api/v1/dossiers/{dossier}/file/",
    "/api/v1/agencies/", "/api/v1/catalog/templates/", "/audit/heads/",
)  # fmt: skip
FILES = ("versions/{n}/version.docx", "versions/redline.docx?from=1&to={n}", "redline.docx?from={n}&to={n}", "history.csv",
         "history.jsonl", "files/packet.zip", "packet.zip", "files/source", "source/", "who.csv")  # fmt: skip
PAPERS = (
    "versions/redline.pdf?from=1&to={n}",
    "redline.pdf?from=1&to={n}",
    "history/report.pdf",
    "files/final.pdf",
    "files/conformed.pdf",
)
"""Files that are printed for whoever takes them."""
ANSWERS = (
    ("", "discussion/{comment}/resolve/"), ("/api/v1", "comments/{comment}/resolve/"),
    ("", "discussion/{comment}/reopen/"), ("/api/v1", "comments/{comment}/reopen/"),
    ("", "suggestions/{suggestion}/accept/"), ("/api/v1", "suggestions/{suggestion}/reject/"),
)  # fmt: skip
"""Acts that ask for an If-Match or a form, and get none."""
