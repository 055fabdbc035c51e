"""What is covered, as a program asks it."""

from datetime import timedelta

import pytest

from tests import builders
from tests.api.calling import Program, url
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def test_a_program_asks_what_one_agency_may_give_another_on_a_day(made: World) -> None:
    agreement = builders.executed(made)
    flow = (
        agreement.flows.select_related("provider", "recipient", "dataset")
        .order_by("position_in_order")
        .first()
    )
    assert flow is not None and agreement.last_day is not None
    ends = f"provider={flow.provider.agency_id}&recipient={flow.recipient.agency_id}"
    question = f"permitted/?{ends}&category={flow.dataset.category}"
    program = Program(made.mesa_liaison)
    assert str(flow.pk) in {row["flow"] for row in program.rows(question)}
    assert program.rows(f"{question}&on={agreement.last_day}")
    assert program.rows(f"{question}&on={agreement.last_day + timedelta(days=1)}") == []
    assert Program(made.outsider).rows(question) == []
    assert program.get(f"permitted/?{ends}&category=secrets", status=400)
    assert program.get(f"permitted/?provider=x&recipient={made.mesa.pk}", status=400)
    assert program.get(f"permitted/?{ends}&on=2026-02-30", status=400)


def test_a_program_reads_spans_and_windows_and_records_that_data_moves(made: World) -> None:
    renews = {"renewal": "automatic", "months": 12, "renewal_months": 12, "renewal_max": None}
    agreement = builders.executed(made, terms=renews)
    program = Program(made.mesa_liaison)
    spans = program.rows(url(agreement, "coverage/"))
    assert {(row["first_on"], row["last_on"]) for row in spans} == {(TODAY.isoformat(), None)}
    windows = program.rows(url(agreement, "windows/"))
    assert len(windows) == 2
    assert {(row["days"], row["counted"], row["due_on"]) for row in windows} == {
        (30, "2027-01-30", "2027-01-29")
    }
    key = spans[0]["flow"]
    marked = {"flow": key, "status": "live", "reason": "Connected."}
    program.act("post", url(agreement, "steps/flow/"), marked)
    assert agreement.flows.get(pk=key).status == "live"
    program.act("post", url(agreement, "steps/flow/"), marked, status=409)
    other = builders.drafted(made, title="Another").flows.first()
    assert other is not None
    program.act("post", url(agreement, "steps/flow/"), marked | {"flow": str(other.pk)}, status=400)
