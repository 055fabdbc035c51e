"""Reports: only for those who may, harmless in every format, honest about the day, and recorded."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from agreements.models import Agreement, Stage
from agreements.operations import drafting, negotiating
from agreements.operations.noting import REFUSED
from agreements.reports import portfolio as portfolios
from audit.exports import DANGEROUS
from audit.models import Event
from audit.sentences import body
from tests import builders
from tests.builders import NOW, World

pytestmark = pytest.mark.django_db

HOSTILE = '=HYPERLINK("evil.example","x")'


def as_(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def words(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def asked(made: World, person: Any, **said: str) -> Any:
    query = {"agency": made.riverton.slug, "day": timezone.localdate().isoformat(), "format": "csv"} | said
    return as_(person).get("/reports/", query)


def test_a_history_on_paper_tells_days_versions_and_hashes_and_nothing_private_of_others(made: World) -> None:
    agreement = builders.executed(made)
    negotiating.comment(agreement, text="We would settle for less.", private=True, actor=made.mesa_counsel, now=NOW)  # fmt: skip
    answer = as_(made.riverton_auditor).get(f"/agreements/{agreement.pk}/history/report.pdf")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    text = words(answer.content)
    version = agreement.versions.order_by("-number")[0]
    assert agreement.reference in text and "Page 1 of" in text and "Who acted" in text
    assert version.sha256 in text.replace(" ", "")
    assert "signed for" in text and "What proves this history" in text
    assert "settle for less" not in text and "Private to another agency" in text
    assert "settle for less" in words(
        as_(made.mesa_auditor).get(f"/agreements/{agreement.pk}/history/report.pdf").content
    )
    last = Event.objects.filter(stream=agreement.pk, action="history.printed").order_by("number")[0]
    assert last.actor == made.riverton_auditor.pk and len(body(last)["facts"]["sha256"]) == 64


def test_who_may_not_export_gets_no_report(made: World) -> None:
    agreement = builders.shared(made)
    before = Event.objects.exclude(action=REFUSED).count()
    assert as_(made.outsider).get(f"/agreements/{agreement.pk}/history/report.pdf").status_code == 404
    assert as_(made.riverton_liaison).get(f"/agreements/{agreement.pk}/history/report.pdf").status_code == 403
    for person in (made.riverton_liaison, made.mesa_counsel, made.outsider, made.nobody):
        assert asked(made, person).status_code == 404
    assert Event.objects.exclude(action=REFUSED).count() == before


def test_the_overseers_auditors_take_a_portfolio_of_what_they_oversee(made: World) -> None:
    agreement = builders.executed(made)
    assert agreement.reference in asked(made, made.overseer).content.decode()
    assert asked(made, made.board_liaison).status_code == 404


def test_hostile_titles_are_text_in_every_format(made: World) -> None:
    agreement = builders.drafted(made)
    drafting.edit(agreement, values={"title": HOSTILE}, actor=made.riverton_liaison, now=NOW)
    rows = list(csv.reader(asked(made, made.riverton_auditor).content.decode().splitlines()))
    assert rows[0] == list(portfolios.HEADINGS) and rows[-1][0] == "Note"
    assert not any(value.startswith(DANGEROUS) for row in rows for value in row)
    book = openpyxl.load_workbook(
        io.BytesIO(asked(made, made.riverton_auditor, format="xlsx").content), data_only=False
    )
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)
    assert {cell.data_type for cell in cells} == {"s"} and not any(cell.hyperlink for cell in cells)
    text = words(asked(made, made.riverton_auditor, format="pdf").content)
    assert "Agreements of Riverton" in text and "evil.example" in text.replace(" ", "")


def test_a_portfolio_says_how_things_stood_on_the_day(made: World) -> None:
    agreement = builders.executed(made)
    found = Agreement.objects.filter(pk=agreement.pk)
    drafted, executed = NOW.date(), agreement.executed_at.date() if agreement.executed_at else NOW.date()
    now_row = portfolios.portfolio(made.riverton, found, on=executed, now=NOW).rows[0]
    assert now_row[4] == "Executed" and now_row[6]
    assert portfolios.portfolio(made.riverton, found, on=drafted - timedelta(days=1), now=NOW).rows == ()
    then = portfolios.as_of(agreement, Stage.NEGOTIATION)
    assert then.stage == Stage.NEGOTIATION and agreement.stage == Stage.EXECUTED
    row = portfolios._row(agreement, Stage.NEGOTIATION, drafted)
    assert (row[4], row[6], row[7]) == ("In negotiation", "", "")


@pytest.mark.parametrize(
    "wrong", [{"day": "2999-01-01"}, {"day": "x"}, {"day": "0001-01-01"}, {"format": "exe"}, {"agency": ""}]
)
def test_a_wrong_question_is_asked_again(wrong: dict[str, str], made: World) -> None:
    assert asked(made, made.riverton_auditor, **wrong).status_code == 422


def test_every_report_is_an_entry_of_the_agency(made: World) -> None:
    asked(made, made.riverton_auditor)
    last = Event.objects.filter(stream=made.riverton.pk).latest("number")
    assert last.action == "portfolio.taken"
    assert body(last)["facts"]["format"] == "csv" and body(last)["facts"]["agreements"] == 0
