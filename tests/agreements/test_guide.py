"""The way through a draft: every part of the text has its place, and each category unfolds what it must state."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agreements import catalog, guide
from agreements.checking import checks_of
from agreements.document import structure
from agreements.forms.flows import FlowForm
from agreements.forms.terms import FORMS
from agreements.models import Agreement, Commitment, Dataset, Flow, Measure, Party, Provision, Term
from agreements.models.snapshot import content_of
from agreements.operations import drafting
from agreements.operations.drafting import EDITABLE
from tests import builders
from tests.agreements.pages import browser, filled, first, text, url
from tests.agreements.test_templates_whole import words
from tests.builders import NOW, World

CATALOG = catalog.load()
WITHOUT_A_FORM = {Provision: {"origin", "position"}}


@pytest.fixture
def made(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return builders.world()


def test_every_part_of_the_text_has_one_place_in_the_order_of_the_catalog() -> None:
    placed = [key for part in guide.ASKED for key in part.texts]
    assert sorted(placed) == sorted(CATALOG.parts)
    # Definitions are asked for with the purpose; everything else keeps the order in which it is printed.
    assert [key for key in placed if key != "definitions"] == [
        key for key in CATALOG.parts if key != "definitions"
    ]


def test_every_finding_is_mended_in_a_part_that_exists() -> None:
    for rule in CATALOG.rules:
        kind, _, rest = rule.points_to.partition("/")
        slug = guide.of_place(kind, rest if kind == "clause" else f"row/{rest}")
        assert slug in guide.PARTS or (slug == "" and kind in {"file", "signature"}), rule.id


@pytest.mark.parametrize("model", [Agreement, Party, Provision, Dataset, Flow, Commitment, Measure, Term])
def test_whatever_may_be_set_can_be_set_on_the_form(model: Any) -> None:
    shown = set(FORMS[model]._meta.fields or ())
    assert EDITABLE[model] - shown == WITHOUT_A_FORM.get(model, set())


def unfolded(made: World, category: str) -> tuple[set[str], int]:
    """The fields in sight and the open groups of a new flow of this category."""
    agreement = builders.drafted(made)
    dataset = drafting.add(agreement, Dataset, values={"name": "It", "category": category}, actor=made.riverton_liaison,
                           now=NOW)  # fmt: skip
    form = FlowForm(instance=Flow(agreement=agreement, dataset=dataset), agreement=agreement, dataset=dataset)
    open_groups = [group for group in form.groups() if group.open]
    return {field.name for group in open_groups for field in group.fields}, len(open_groups)


def test_an_ordinary_dataset_asks_little_and_criminal_justice_information_all_it_must_state(
    made: World,
) -> None:
    plain, few = unfolded(made, "GIS")
    assert few == 2
    assert not {"screening", "mfa", "destruction", "breach_hours"} & plain
    for key in ("CJI", "CHRI", "NCIC", "PHI", "FTI"):
        shown, _ = unfolded(made, key)
        assert set(CATALOG.categories[key].states) <= shown, key


def test_a_group_in_which_a_check_fails_is_open(made: World) -> None:
    agreement, client = builders.drafted(made), browser(made.riverton_liaison)
    dataset = drafting.add(agreement, Dataset, values={"name": "Maps", "category": "GIS"}, actor=made.riverton_liaison,
                           now=NOW)  # fmt: skip
    ends = list(agreement.parties.order_by("position"))
    values = {"dataset": dataset, "provider": ends[0], "recipient": ends[1], "method": "Paper by hand"}
    flow = drafting.add(agreement, Flow, values=values, actor=made.riverton_liaison, now=NOW)
    where = url(agreement, f"draft/edit/flow/{flow.pk}/")
    closed = '<details class="cc-guide__group cc-guide__group--closed"><summary>Who may use it'
    assert closed in client.get(where).content.decode()
    drafting.edit(dataset, values={"category": "CJI"}, actor=made.riverton_liaison, now=NOW)
    content = content_of(agreement)
    asked = checks_of(content, structure(content), agreement=agreement, today=NOW.date())
    assert any(check.path.endswith(f"{flow.pk}/#id_screening") for check in asked.open)
    assert closed not in client.get(where).content.decode()


CHECKED_WORDS = {"category", "classification", "ori", "cj_status"}


def marks(model: Any) -> dict[str, str]:
    """A mark for each free text of a row, by which it is found again."""
    fields = [field for field in model._meta.fields if field.name in EDITABLE[model] - CHECKED_WORDS]
    texts = [
        one for one in fields if one.get_internal_type() in {"CharField", "TextField"} and not one.choices
    ]
    return {
        one.name: f"{one.name}@agency.example" if "email" in one.name else f"said of {one.name}"
        for one in texts
    }


def test_nothing_that_is_stated_is_left_out_of_the_document(made: World) -> None:
    agreement = builders.drafted(made)
    told: dict[str, str] = {}
    for rows in (
        agreement.datasets,
        agreement.flows,
        agreement.parties,
        agreement.measures,
        agreement.commitments,
    ):
        row = first(rows)
        said = (
            marks(type(row)) if not isinstance(row, Commitment) else marks(Commitment) | {"category": "staff"}
        )
        drafting.edit(row, values=said, actor=made.riverton_liaison, now=NOW)
        told |= {f"{type(row).__name__}.{name}": words for name, words in said.items() if name != "category"}
    document = structure(content_of(agreement))
    shown = [*words(document), str(document.parties), str(document.signatures), str(document.schedules)]
    assert [name for name, mark in told.items() if mark not in " ".join(shown)] == []


def test_a_blank_draft_counts_only_what_is_asked_and_offers_the_rest(made: World) -> None:
    agreement = drafting.draft(
        title="Blank", lead=made.riverton, partners=[drafting.PartySpec(made.mesa)], kind="MOU", provisions=[],
        actor=made.riverton_liaison, now=NOW,
    )  # fmt: skip
    client = browser(made.riverton_liaison)
    page = client.get(url(agreement, "draft/parties/"))
    assert "Parts this kind does not call for" in text(page)
    offered = {step["label"] for step in page.context["optional"]}
    assert {"Costs", "Liability", "Rules of this kind"} <= offered
    assert page.context["of_parts"] == len(guide.ASKED) - len(offered)
    answer = client.get(url(agreement, "draft/costs/"))
    assert answer.status_code == 200
    add = url(agreement, "draft/add/provision/?under=costs")
    assert (
        client.post(add, filled(client.get(add), heading="Costs", text="Each bears its own.")).status_code
        == 302
    )
    assert first(agreement.provisions).part == CATALOG.parts["costs"]
    assert "Costs" not in {
        step["label"] for step in client.get(url(agreement, "draft/parties/")).context["optional"]
    }


@pytest.mark.parametrize("part", ["data", "responsibilities", "signatures", "text"])
def test_a_part_asks_the_database_as_often_whatever_its_size(made: World, part: str) -> None:
    small, large = builders.drafted(made), builders.drafted(made)
    for number in range(4):
        drafting.add(large, Dataset, values={"name": f"More {number}", "category": "GIS"}, actor=made.riverton_liaison,
                     now=NOW)  # fmt: skip
        party = first(large.parties)
        drafting.add(
            large, Commitment, values={"party": party, "text": "More"}, actor=made.riverton_liaison, now=NOW
        )
        drafting.add(
            large, Provision, values={"heading": "More", "text": "More"}, actor=made.riverton_liaison, now=NOW
        )
    drafting.add_party(large, agency=made.harbor, roles=["recipient"], actor=made.riverton_liaison, now=NOW)
    client = browser(made.riverton_liaison)
    asked = [_queries(client, url(one, f"draft/{part}/")) for one in (small, small, large)]
    assert asked[1] == asked[2]


def _queries(client: Any, where: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(where).status_code == 200
    return len(seen)


def test_what_is_known_already_is_not_asked_again(made: World) -> None:
    before = builders.completed(made, builders.drafted(made))
    assert before.parties.get(agency=made.mesa).legal_authority == "C.R.S. 24-72-305"
    drafted = builders.drafted(made, template="alpr")
    theirs, own = drafted.parties.get(agency=made.mesa), drafted.parties.get(agency=made.riverton)
    assert (theirs.legal_authority, theirs.contact_email) == ("C.R.S. 24-72-305", "mesa@agency.example")
    assert own.signatory == made.riverton_signatory
    assert theirs.signatory is None


def test_nobody_learns_what_an_agency_wrote_out_of_their_sight(made: World) -> None:
    def written(lead: Any, partner: Any, actor: Any, words: str) -> None:
        """A draft of another agency in which it says something of the District Attorney."""
        draft = drafting.draft(title="Elsewhere", lead=lead, partners=[drafting.PartySpec(partner)], actor=actor,
                               now=NOW, template="sro")  # fmt: skip
        row = draft.parties.get(agency=made.mesa)
        drafting.edit(row, values={"legal_authority": words}, actor=actor, now=NOW)

    written(made.harbor, made.mesa, made.outsider, "Between the two of us")
    written(made.mesa, made.riverton, made.mesa_liaison, "Not shared yet")
    assert builders.drafted(made).parties.get(agency=made.mesa).legal_authority == ""
