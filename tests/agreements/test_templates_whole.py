"""Every template becomes a whole agreement of the demo's agencies with what a liaison is asked, through the forms."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from agencies.models import Role
from agreements import catalog, facts
from agreements.checking import checks_of
from agreements.demo import region
from agreements.document import Document, structure
from agreements.models import Agreement, Commitment, Flow
from agreements.models.snapshot import content_of
from agreements.operations import drafting
from tests.agreements.pages import browser, filled, text, url
from tests.kept import kept

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
TODAY = NOW.date()
COMMON = [
    "Parties and recitals", "Purpose, scope and objectives", "Legal authority", "Definitions",
    "Responsibilities and resource commitments", "Data sharing protocol", "Access, use and dissemination",
    "Security and incident reporting", "Privacy, civil rights and civil liberties", "Training",
    "Governance and points of contact", "Performance measures, review and audit", "Costs and funding", "Liability",
    "Public records and publicity", "Dispute resolution", "Term, renewal, termination and withdrawal",
    "Effect of termination", "Amendment", "General provisions", "Signatures",
]  # fmt: skip
CJIS = [
    "cjis-audit", "cjis-dissemination", "cjis-hit-confirmation", "cjis-logging", "cjis-quality", "cjis-screening",
    "cjis-security", "cjis-timeliness", "cjis-training", "cjis-use", "cjis-validation",
]  # fmt: skip
SPECIAL: Mapping[str, tuple[list[str], list[str], list[str]]] = {
    "cjis-iea": (["qpd", "da"], [*CJIS, "cjis-secondary-dissemination"], ["personnel"]),
    "mca": (["qpd", "dispatch"], ["mca-control", "mca-priorities", "mca-personnel", "mca-systems", "mca-restriction",
            "mca-compliance"], ["systems", "personnel"]),
    "task-force": (["sheriff", "qpd", "da"], ["tf-mission", "tf-board", "tf-command", "tf-equipment", "tf-forfeiture",
                   "tf-evidence", "tf-media", "tf-deputation", "tf-joinder"], ["personnel", "shares"]),
    "fusion": (["fscb", "qpd"], ["fusion-submission", "intel-handling", "fusion-policy", "fusion-sar",
               "fusion-liaison", "fusion-third-agency"], ["policy", "user agreement"]),
    "sro": (["qpd", "school"], ["sro-selection", "sro-removal", "sro-role", "sro-arrest", "sro-search",
            "sro-questioning", "ferpa-unit", "ferpa-official", "ferpa-emergency", "sro-complaints", "sro-data",
            "sro-costs"], ["schools", "training"]),
    "co-responder": (["qpd", "health"], ["cr-hipaa", "cr-part2", "cr-minimum", "cr-release", "cr-associate"],
                     ["business associate", "release"]),
    "alpr": (["qpd", "pmpd"], ["alpr-scans-hotlists", "alpr-uses", "alpr-verification", "alpr-outside", "alpr-audit",
             "alpr-transparency"], ["partners", "hot lists"]),
    "bwc-da": (["qpd", "da"], ["bwc-tagging", "bwc-discovery", "bwc-redaction", "bwc-custody", "bwc-retention",
               "bwc-release"], ["retention", "delivery"]),
    "rms-cad": (["sheriff", "qpd"], ["rms-host", "rms-ownership", "rms-sensitive", "rms-users", "rms-availability",
                "rms-cost", "rms-board"], ["members", "cost", "service levels"]),
    "dv-court": (["qpd", "court", "health"], ["dv-confidentiality", "dv-orders", "dv-lethality", "dv-team",
                 "dv-firearms"], ["consent", "referral"]),
    "federal-local": (["qpd", "fheo"], ["fed-authority", "fed-ownership", "fed-delegation", "fed-suspension",
                      "fed-claims", "termination"], ["use codes", "contributors"]),
    "research": (["court", "health"], ["res-project", "res-deidentify", "res-cells", "res-review", "res-destruction",
                 "res-ethics"], ["data elements", "security plan", "confidentiality"]),
    "uk-dsa": (["sheriff", "health"], ["uk-purpose", "uk-controllers", "uk-basis", "uk-rights", "uk-dpia", "uk-breach",
               "uk-foi", "review"], ["data items", "impact assessment", "retention"]),
}  # fmt: skip
"""For each template: the demo's parties, the clauses of its own parts, and words of its annexes."""


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> region.Region:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return kept("region", lambda: region.build(password="Try-Concordat-2026", totp="", now=NOW))


def posted(client: Any, agreement: Agreement, kind: str, row: Any, **changes: Any) -> None:
    """Fill in a row's own form, as its page shows it."""
    where = url(agreement, f"draft/edit/{kind}/{row.pk}/")
    answer = client.post(where, filled(client.get(where), **changes))
    assert answer.status_code == 302, text(answer)


def answered(made: region.Region, agreement: Agreement, parties: list[str]) -> Agreement:
    """What only the liaison knows: who signs, who is asked, and what the template leaves open."""
    client = browser(made.holder(parties[0], Role.LIAISON))
    for party in agreement.parties.all():
        key = made.key_of(party.agency_id)
        contact, signs = made.holder(key, Role.LIAISON), made.holder(key, Role.SIGNATORY)
        posted(
            client, agreement, "party", party, legal_authority=made.facts[key]["authority"], signatory=str(signs.pk),
            contact_name=contact.name, contact_title=contact.title, contact_email=contact.email,
        )  # fmt: skip
    if agreement.template.startswith("uk-dsa"):
        law = "the law of England and Wales"
        posted(client, agreement, "agreement", agreement, jurisdiction="United Kingdom", governing_law=law)
    for model, kind, name in ((Flow, "flow", "legal_basis"), (Commitment, "commitment", "resource")):
        for row in model.objects.filter(agreement=agreement):
            told = getattr(row, name)
            if "[to be completed" in told:
                known = f"{told.partition('[')[0]}paragraph 18 of part 2, in equal parts"
                posted(client, agreement, kind, row, **{name: known})
    return Agreement.objects.get(pk=agreement.pk)


def words(document: Document) -> Iterator[str]:
    """All that a reader meets."""
    yield from (row.html for section in document.sections for row in section.provisions)
    for schedule in document.schedules:
        yield from (cell for table in schedule.tables for row in table.rows for cell in row)
        blocks = [*schedule.facts, *(one for row in schedule.datasets for one in (row.facts, *row.flows))]
        yield from (said for facts in blocks for _, cell in facts.rows for said in cell)


@pytest.mark.parametrize("template", sorted(SPECIAL))
def test_a_template_becomes_a_whole_agreement_without_a_block(made: region.Region, template: str) -> None:
    keys, clauses, annexes = SPECIAL[template]
    agencies = [made.agencies[key] for key in keys]
    plan = catalog.blueprint(template)
    begun = drafting.draft(
        title=plan.title, lead=agencies[0], partners=[drafting.PartySpec(one) for one in agencies[1:]],
        template=template, actor=made.holder(keys[0], Role.LIAISON), now=NOW,
    )  # fmt: skip
    agreement = answered(made, begun, keys)
    content = content_of(agreement)
    document = structure(content)
    checks = checks_of(content, document, agreement=agreement, today=TODAY)
    assert [(check.rule, check.message) for check in checks.open if check.must] == []
    assert document.gaps == ()
    assert not [said for said in words(document) if "to be completed" in said or "(name the" in said]
    titles = [section.heading for section in document.sections]
    assert [title for title in titles if title in COMMON] == COMMON
    origins = [row["origin"].partition("@")[0] for row in content["provisions"]]
    assert set(clauses) <= set(origins)
    assert len(origins) == len(set(origins))
    listed = "; ".join(agreement.annexes).lower()
    assert not [one for one in annexes if one not in listed]
    known = facts.rules_in_use()
    asked = {rule.id for rule in known.rules if "clauses" in rule.then or "mandatory_clauses" in rule.then}
    found = facts.judge(agreement, content, stage="execution", today=TODAY)
    assert [one.message for one in found if one.rule in asked and one.result == "fail"] == []


def test_every_template_is_tried() -> None:
    assert set(SPECIAL) == set(catalog.load().templates)
