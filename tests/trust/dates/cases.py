"""Cases by the number: each term, party and happening drawn from a seed, so that any one can be looked at again."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

FROM, DAYS = date(2024, 1, 1), 6210
"""Every day from 2024 to 2040."""
ZONES = ("America/Denver", "America/New_York", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu",
         "Europe/London", "Australia/Lord_Howe", "Pacific/Kiritimati")  # fmt: skip
REGIONS = {
    "Colorado": "US-CO",
    "State of California": "US-CA",
    "Federal": "US",
    "Scotland": "GB-SCT",
    "Ruritania": "",
}
RULES = ("date", "last_signature", "governing_approval", "each_signature", "conditions")
KINDS = ("months", "months", "fixed_date", "fiscal_years", "evergreen")
RENEWALS = ("none", "mutual_written", "option", "automatic")
DEEMED = ("same_day", "mail_3", "mail_5", "acknowledged")
LEAVING = ("any_time", "any_time", "period_end", "not_before")


def drawn(seed: int, index: int) -> dict[str, Any]:
    """Case `index` of a seed: its day is the index-th of the years looked at, its zone goes round with it."""
    chance = random.Random(seed * 1_000_003 + index)
    today = FROM + timedelta(days=index % DAYS)
    zone = ZONES[index // DAYS % len(ZONES)] if index >= DAYS else ZONES[index % len(ZONES)]
    begins = today - timedelta(days=_spread(chance, 20 * 365)) + timedelta(days=chance.randrange(200))
    case: dict[str, Any] = {
        "index": index, "today": today, "zone": zone, "signed_on": begins + timedelta(days=chance.randrange(-60, 120)),
        "jurisdiction": chance.choice(list(REGIONS)), "business_days": chance.random() < 0.7,
        "notice_base": chance.choice(("expiry", "anniversary")),
        "review_months": chance.choice((None, 1, 6, 12, 36, 120)), "legal_months": chance.choice((None, 12, 36)),
    }  # fmt: skip
    case["region"] = REGIONS[case["jurisdiction"]]
    case["at"] = _instant(chance, today)
    _term(chance, case, begins)
    _facts(chance, case)
    _happened(chance, case, begins)
    return case


def _spread(chance: random.Random, most: int) -> int:
    """Small numbers often, large ones too."""
    return int(most * chance.random() ** 3)


def _instant(chance: random.Random, today: date) -> datetime:
    """An instant of the day, often at a minute about midnight somewhere."""
    minute = chance.choice((0, 1, 1439, 600, 601, chance.randrange(1440)))
    hour = chance.randrange(24) if chance.random() < 0.5 else 0
    return datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(minutes=minute, hours=hour)


def _term(chance: random.Random, case: dict[str, Any], begins: date) -> None:
    kind = chance.choice(KINDS)
    length = 1 + _spread(chance, 50 * 365)
    case |= {
        "effective_rule": chance.choice(RULES), "effective_on": begins, "kind": kind,
        "months": max(1, length // 30) if kind == "months" else None,
        "last_day": begins + timedelta(days=length - 1) if kind == "fixed_date" else None,
        "renewal": chance.choice(RENEWALS), "renewal_months": chance.choice((None, 1, 6, 12, 13, 36)),
        "renewal_max": chance.choice((None, 0, 1, 2, 5)), "absolute_end": None,
        "first_fiscal_year": None, "fiscal_years": None, "fiscal_year_start": chance.choice((None, None, None, 1, 7, 10)),
    }  # fmt: skip
    if kind == "fiscal_years":
        case |= {"first_fiscal_year": begins.year + chance.randrange(2), "fiscal_years": chance.randrange(1, 6),
                 "fiscal_year_start": chance.choice((1, 4, 7, 10))}  # fmt: skip
    if chance.random() < 0.3:
        case["absolute_end"] = begins + timedelta(days=length + _spread(chance, 12 * 365))
    if chance.random() < 0.05:
        case["effective_on"] = date(2024 + 4 * chance.randrange(5), 2, 29)
        if kind == "fixed_date":
            case["last_day"] = case["effective_on"] + timedelta(days=length - 1)


def _facts(chance: random.Random, case: dict[str, Any]) -> None:
    signed: date = case["signed_on"]
    parties = [_party(chance, case) for _ in range(chance.randrange(2, 6))]
    case["parties"] = parties
    case["signatures"] = [signed, *(signed - timedelta(days=chance.randrange(60)) for _ in parties[1:])]
    case["approvals"] = [
        signed + timedelta(days=chance.randrange(-90, 30)) for _ in range(chance.randrange(3))
    ]
    met = chance.random() < 0.8
    case["conditions_met_on"] = signed + timedelta(days=chance.randrange(-90, 200)) if met else None


def _party(chance: random.Random, case: dict[str, Any]) -> dict[str, Any]:
    days = chance.choice((None, 0, 10, 30, 60, 90, chance.randrange(1, 366)))
    other = chance.choice((None, None, chance.randrange(1, 366)))
    closes = days if other is None else other
    opens = (closes or 0) + chance.choice((0, 1, 2, 30, 60)) if chance.random() < 0.3 else None
    rule = chance.choice(LEAVING)
    held = case["signed_on"] + timedelta(days=_spread(chance, 2000)) if rule == "not_before" else None
    return {"notice_days": days, "non_renewal_days": other, "notice_opens_days": opens, "withdrawal_rule": rule,
            "deemed_receipt": chance.choice(DEEMED), "withdrawal_not_before": held}  # fmt: skip


def _happened(chance: random.Random, case: dict[str, Any], begins: date) -> None:
    today: date = case["today"]
    case["ended_on"] = today + timedelta(days=chance.randrange(-400, 400)) if chance.random() < 0.15 else None
    case["suspension"] = None
    if chance.random() < 0.2:
        start = today + timedelta(days=chance.randrange(-200, 60))
        until = start + timedelta(days=chance.randrange(200)) if chance.random() < 0.7 else None
        case["suspension"] = (start, until)
