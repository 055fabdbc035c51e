"""Who has access and who used it, through the API: the same answers as the pages, for the same people."""

from __future__ import annotations

import pytest

from agreements import policy
from agreements.access import asof
from agreements.operations.exporting import export_history
from tests import builders
from tests.api.calling import Program, url
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db


def test_who_could_do_what_with_an_agreement_on_a_day(made: World) -> None:
    agreement = builders.executed(made)
    program = Program(made.mesa_auditor)
    rows = program.rows(url(agreement, "access/") + "?on=2026-03-02&page_size=3")
    assert [row["email"] for row in rows] == [
        right.email for right in asof.of_agreement(agreement, on=NOW.date())
    ]
    counsel = next(row for row in rows if row["email"] == "mesa.counsel@agency.example")
    assert set(counsel["actions"]) == policy.GRANTS["counsel"] - policy.LEAD_ONLY
    assert program.rows(url(agreement, "access/") + "?on=2026-03-01") == []
    for wrong in ("tomorrow", "2999-01-01", "2026-13-01", "1899-12-31"):
        program.get(url(agreement, "access/") + f"?on={wrong}", status=400)


def test_who_has_taken_an_agreement_away(made: World) -> None:
    agreement = builders.executed(made)
    for person in (made.riverton_counsel, made.mesa_auditor, made.overseer):
        export_history(agreement, format="csv", actor=person, now=NOW)
    rows = Program(made.mesa_auditor).rows(url(agreement, "readers/") + "?page_size=1")
    assert [(row["action"], row["name"].split(",")[0]) for row in rows] == [
        ("history.exported", "Overseer"), ("history.exported", "Mesa Auditor"), ("history.exported", "Riverton Counsel"),
    ]  # fmt: skip


def test_an_agencys_access_is_read_by_its_auditors_administrators_and_overseers(made: World) -> None:
    agreement = builders.executed(made)
    export_history(agreement, format="csv", actor=made.riverton_counsel, now=NOW)
    for who, status in (("riverton_auditor", 200), ("riverton_administrator", 200), ("overseer", 200),
                        ("riverton_counsel", 403), ("mesa_auditor", 404), ("nobody", 404)):  # fmt: skip
        for place in ("access", "readers"):
            Program(made.people[who]).get(f"agencies/{made.riverton.pk}/{place}/", status=status)
    rows = Program(made.riverton_auditor).rows(f"agencies/{made.riverton.pk}/readers/")
    assert [row["what"] for row in rows] == ["Exported the history"]
    rights = Program(made.riverton_auditor).rows(f"agencies/{made.riverton.pk}/access/")
    assert {row["via"] for row in rights} == {"role", "signing authority", "oversight"}
