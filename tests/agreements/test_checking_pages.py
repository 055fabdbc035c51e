"""The page of checks: one click to the place, one click for the clause, a waiver, a paper, and what was not verified."""

import pytest

from agreements.models import Agreement, Filing, Provision, Waiver
from agreements.operations import drafting, inserting
from tests import builders
from tests.agreements.pages import browser, text, url
from tests.agreements.test_checking import UNTIL, weak_flow, weakened
from tests.builders import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def weak(made: World) -> Agreement:
    return weakened(made)


def gone(agreement: Agreement, key: str, made: World) -> None:
    """Take a clause of the library out of the draft."""
    for row in agreement.provisions.filter(origin__startswith=f"{key}@"):
        drafting.remove(row, actor=made.riverton_liaison, now=NOW)


def test_one_click_puts_the_missing_clause_where_it_belongs(made: World) -> None:
    agreement = builders.drafted(made)
    client = browser(made.riverton_liaison)
    gone(agreement, "public-records", made)
    page = client.get(url(agreement, "checks/"))
    button = url(agreement, "draft/clause/public-records/")
    assert button in page.content.decode()
    answer = client.post(button)
    made_row = agreement.provisions.get(origin__startswith="public-records@", removed=False)
    assert (
        answer["Location"] == f"{url(agreement)}draft/records/?changed={made_row.pk}#provision-{made_row.pk}"
    )
    titles = list(
        agreement.provisions.filter(removed=False)
        .order_by("position_in_order")
        .values_list("part", flat=True)
    )
    assert len([n for n, title in enumerate(titles) if not n or title != titles[n - 1]]) == len(set(titles))
    assert button not in client.get(url(agreement, "checks/")).content.decode()
    again_ = client.post(button, follow=True)
    assert "in the text already" in text(again_)
    assert agreement.provisions.filter(origin__startswith="public-records@", removed=False).count() == 1


def test_one_click_goes_to_the_place(made: World) -> None:
    agreement = builders.drafted(made)
    flow = weak_flow(agreement)
    drafting.edit(flow, values={"mfa": False}, actor=made.riverton_liaison, now=NOW)
    client = browser(made.riverton_liaison)
    place = f"{url(agreement)}draft/edit/flow/{flow.pk}/#id_mfa"
    assert f'href="{place}"' in client.get(url(agreement, "checks/")).content.decode()
    assert 'id="id_mfa"' in client.get(place).content.decode()


def test_many_clauses_find_room_in_one_place(made: World) -> None:
    agreement = builders.drafted(made)
    present = {row.origin.partition("@")[0] for row in agreement.provisions.all()}
    keys = [k for k in ("cjis-outsourcing", "cjis-security-addendum", "cjis-management-control", "cjis-devices",
                        "cjis-cloud", "fti-safeguards", "phi-limited-set", "phi-accounting", "dmv-redisclosure")
            if k not in present]  # fmt: skip
    first = agreement.provisions.order_by("position_in_order").first()
    for n in range(8):
        drafting.add(
            agreement,
            Provision,
            values={"text": f"Own {n}."},
            after=first,
            actor=made.riverton_liaison,
            now=NOW,
        )
    order = list(agreement.provisions.order_by("position_in_order").values_list("text", flat=True))
    assert order[1:9] == [f"Own {n}." for n in reversed(range(8))]
    for key in keys:
        inserting.insert_clause(agreement, key=key, actor=made.riverton_liaison, now=NOW)
    places = list(agreement.provisions.values_list("position_in_order", flat=True))
    assert len(places) == len(set(places))


def test_a_clause_that_is_not_in_the_library_is_404(made: World) -> None:
    agreement = builders.drafted(made)
    assert browser(made.riverton_liaison).post(url(agreement, "draft/clause/nothing/")).status_code == 404


def test_counsel_waives_on_the_page_and_everybody_reads_it(weak: Agreement, made: World) -> None:
    client = browser(made.mesa_counsel)
    page = client.get(url(weak, "checks/"))
    place = f"{url(weak)}checks/CJI-013/waive/?subject={weak_flow(weak).pk}"
    assert place in page.content.decode()
    asked = client.get(place)
    assert "Multi-factor" in text(asked) or "multi-factor" in text(asked)
    wrong = client.post(place, {"reason": "Tokens arrive in May.", "until": "2020-01-01"})
    assert (
        wrong.status_code == 400
        and "Tokens arrive in May." in text(wrong)
        and "within one year" in text(wrong)
    )
    assert (
        client.post(place, {"reason": "Tokens arrive in May.", "until": UNTIL.isoformat()}).status_code == 302
    )
    other = text(browser(made.riverton_liaison).get(url(weak, "checks/")))
    assert "Waived for now" in other and "Tokens arrive in May." in other and "Holds" in other
    row = Waiver.objects.get()
    end = url(weak, f"waivers/{row.pk}/end/")
    assert client.post(end, {"reason": ""}).status_code == 400
    assert client.post(end, {"reason": "Mended."}).status_code == 302
    assert client.post(end, {"reason": "Mended."}).status_code == 409
    assert "Ended by counsel" in text(client.get(url(weak, "checks/")))


def test_a_paper_is_recorded_and_withdrawn_on_the_page(made: World) -> None:
    agreement = builders.executed(made)
    client = browser(made.mesa_liaison)
    place = url(agreement, "filings/records_schedule/")
    assert place in client.get(url(agreement, "checks/")).content.decode()
    wrong = client.post(place, {"reference": "GS-7", "on": "2026-03-02", "until": "2025-01-01"})
    assert wrong.status_code == 400 and "before the first" in text(wrong) and "GS-7" in wrong.content.decode()
    assert (
        client.post(place, {"reference": "GS-7", "on": "2026-03-02", "until": "2036-03-02"}).status_code
        == 302
    )
    assert "GS-7" in text(client.get(url(agreement, "checks/")))
    row = Filing.objects.get()
    assert (
        client.post(url(agreement, f"filings/{row.pk}/withdraw/"), {"reason": "Superseded."}).status_code
        == 302
    )
    assert "Withdrawn" in text(client.get(url(agreement, "checks/")))
    destruction = client.get(url(agreement, "filings/destruction/"))
    assert "For which party" in text(destruction)


def test_what_was_not_verified_is_said_on_the_page(made: World) -> None:
    agreement = builders.executed(made)
    page = text(browser(made.mesa_counsel).get(url(agreement, "checks/")))
    assert "Not verified : the item of the General Records Schedules" in page.replace(
        "verified:", "verified :"
    )
    assert "44 USC 3303a" in page and "CJIS Security Policy v6.0 (2024-12-27)" in page
