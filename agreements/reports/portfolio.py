"""The agreements of one agency as they stood at the end of a day."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter
from django.template.loader import render_to_string

from agencies.models import Agency
from agreements import catalog, standing
from agreements.lifecycle import STEPS
from agreements.models import Agreement, AgreementQuerySet, Stage
from agreements.pdf import press, printing
from audit.exports import harmless, line
from audit.models import Event

STAGE_AFTER: dict[str, Stage] = {
    "agreement.drafted": Stage.DRAFT,
    "agreement.executed": Stage.EXECUTED,
    "agreement.imported": Stage.EXECUTED,
    **{step.event: step.target for step in STEPS.values() if step.target},
}
"""To which stage each act leads: what the history says of a day that has passed."""

HEADINGS = ("Reference", "Title", "Kind", "Parties", "Stage", "Standing", "In force from", "Last day", "Next date",
            "Next decision", "Data categories")  # fmt: skip
NOTE = (
    "Stage: from the history up to the end of the day. Standing: from the stage and the dates. Titles, kinds, parties, "
    "data categories, dates and suspensions are as recorded when the report was made; an earlier wording is in the "
    "agreement’s versions."
)
LANDSCAPE = "@page { size: letter landscape; margin: 0.7in 0.6in } .print .paper { font-size: 9pt }"
FORMATS = {
    "pdf": ("PDF", "application/pdf"),
    "xlsx": ("Excel workbook", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": ("Table (CSV)", "text/csv; charset=utf-8"),
}
MOST_ON_PAPER = 600


class TooLong(Exception):
    """More agreements than a paper should hold; the table formats hold them all."""


@dataclass(frozen=True)
class Portfolio:
    """One agency's agreements on a day, ready to be written in any format."""

    agency: Agency
    on: date
    made_at: datetime
    rows: tuple[tuple[str, ...], ...]

    @property
    def title(self) -> str:
        """What the report is called."""
        return f"Agreements of {harmless(self.agency.name)} on {_day(self.on)}"

    def written(self, format: str) -> bytes:
        """The report as bytes of one of FORMATS. Raises TooLong."""
        return {"csv": self._csv, "xlsx": self._xlsx, "pdf": self._pdf}[format]()

    def _csv(self) -> bytes:
        blank = [""] * (len(HEADINGS) - 2)
        lines = [
            line(*HEADINGS),
            *(line(*row) for row in self.rows),
            line("Note", f"{self.title}. {NOTE}", *blank),
        ]
        return "".join(lines).encode()

    def _xlsx(self) -> bytes:
        """Every cell is written as text: what looks like a formula or an address stays what it is."""
        out = BytesIO()
        book = xlsxwriter.Workbook(
            out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        book.set_properties({"title": self.title, "created": self.made_at.replace(tzinfo=None)})
        sheet, bold = book.add_worksheet("Agreements"), book.add_format({"bold": True, "text_wrap": True})
        for place, heading in enumerate(HEADINGS):
            sheet.write_string(0, place, heading, bold)
        for number, row in enumerate(self.rows, start=1):
            for place, value in enumerate(row):
                sheet.write_string(number, place, value)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, max(1, len(self.rows)), len(HEADINGS) - 1)
        sheet.set_column(0, len(HEADINGS) - 1, 18)
        sheet.set_column(1, 1, 40)
        notes = book.add_worksheet("About this report")
        notes.set_column(0, 0, 100, book.add_format({"text_wrap": True}))
        for number, text in enumerate((self.title, NOTE, f"Made {self.made_at:%Y-%m-%d %H:%M} UTC.")):
            notes.write_string(number, 0, text)
        book.close()
        return out.getvalue()

    def _pdf(self) -> bytes:
        if len(self.rows) > MOST_ON_PAPER:
            raise TooLong(
                f"These are {len(self.rows):,} agreements, too many for paper. Take the table or the workbook."
            )
        facts = {
            "report": self,
            "headings": HEADINGS,
            "note": NOTE,
            "made_at": f"{self.made_at:%Y-%m-%dT%H:%M:%SZ}",
        }
        page = render_to_string("agreements/reports/portfolio.html", facts)
        return press.shared().render(page, printing.stylesheet() + LANDSCAPE)


def portfolio(agency: Agency, agreements: AgreementQuerySet, *, on: date, now: datetime) -> Portfolio:
    """The report over `agreements`, which somebody may export, as of the end of day `on` in the agency's zone."""
    end = datetime.combine(on + timedelta(days=1), time(), ZoneInfo(agency.timezone))
    found = list(agreements.filter(drafted_at__lt=end).with_parties().order_by("reference"))
    stages = _stages(found, end)
    rows = tuple(_row(agreement, stages.get(agreement.pk), on) for agreement in found)
    return Portfolio(agency, on, now, rows)


def _stages(agreements: Iterable[Agreement], end: datetime) -> dict[Any, Stage]:
    """The stage of each before `end`: where the last act that leads to one led."""
    acts = Event.objects.filter(
        stream__in=[agreement.pk for agreement in agreements], action__in=STAGE_AFTER, at__lt=end
    ).order_by("stream", "-number")
    found = acts.distinct("stream").values_list("stream", "action")
    return {stream: STAGE_AFTER[action] for stream, action in found}


def _row(agreement: Agreement, stage: Stage | None, on: date) -> tuple[str, ...]:
    then = as_of(agreement, stage)
    stands = standing.of(then, today=on)
    coming, terms = stands.next_date, catalog.load()
    agreed = then.stage in {Stage.EXECUTED, Stage.ENDED}
    said = (
        agreement.reference, agreement.title, terms.kinds[agreement.kind].name,
        "; ".join(party.legal_name for party in agreement.parties.all()), Stage(then.stage).label, stands.label,
        _day(agreement.effective_on if agreed else None), _day(then.final_day if agreed else None),
        _day(coming.on if coming else None), coming.name if coming else "",
        "; ".join(terms.categories[name].name if name in terms.categories else name for name in agreement.categories),
    )  # fmt: skip
    return tuple(harmless(value) for value in said)


def as_of(agreement: Agreement, stage: Stage | None) -> Agreement:
    """The agreement with the stage it had; what ended it later is left out. Never saved."""
    then = copy.copy(agreement)
    then.stage = stage or Stage(agreement.stage)
    if then.stage != Stage.ENDED:
        then.ended_on, then.ended_how = None, ""
    return then


def _day(on: date | None) -> str:
    return f"{on.day} {on:%b %Y}" if on else ""
