"""Several texts on one matter: for every agreement exactly one is taken, and a fault in a file is named with its line."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from agencies.models.agency import AgencyKind
from agreements import catalog
from agreements.catalog import Facts, checks
from agreements.catalog.loader import ROOT
from agreements.catalog.vocabulary import AGENCY_KINDS, CJ_STATUSES, PARTY_TYPES
from agreements.operations import drafting, inserting
from agreements.requirements.asked import taken_out
from agreements.requirements.case import Case
from tests import builders
from tests.agreements.contents import complete, without
from tests.builders import NOW

CATALOG = catalog.load()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the catalog to spoil."""
    ignored = shutil.ignore_patterns("*.py", "__pycache__")
    return Path(shutil.copytree(ROOT, tmp_path / "catalog", ignore=ignored))


def clause(key: str, front: str = "", text: str = "Words of this clause that say enough to stand.") -> str:
    return (
        f'+++\nkey = "{key}"\nversion = 1\nkind = "duty"\npart = "general"\nheading = "Matter"\n'
        f'position = "standard"\n{front}note = "A note."\n+++\n{text}\n'
    )


def written(root: Path, **texts: str) -> catalog.Catalog:
    for key, front in texts.items():
        (root / f"clauses/{key}.md").write_text(clause(key, f'family = "matter"\n{front}'))
    return catalog.read(root)


CASES = [
    ('bindings = ["binding"]', Facts(binding="binding"), Facts(binding="mixed")),
    ('templates = ["alpr"]', Facts(template="alpr"), Facts(template="sro")),
    ('jurisdictions = ["Colorado"]', Facts(jurisdiction="COLORADO"), Facts(jurisdiction="Utah")),
    ('categories = ["PHI"]', Facts(categories=frozenset({"PHI", "CJI"})), Facts(categories=frozenset({"CJI"}))),
    ('party_types = ["federal"]', Facts(party_types=frozenset({"federal", "police"})), Facts(party_types=frozenset({"police"}))),
    ('party_types = ["contractor"]', Facts(party_types=frozenset({"contractor"})), Facts()),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "holds", "fails"), CASES)
def test_the_text_is_taken_whose_condition_holds(
    copy: Path, condition: str, holds: Facts, fails: Facts
) -> None:
    known = written(copy, matter="", special=f"{condition}\n")
    for key in ("matter", "special"):
        assert known.chosen(key, holds) == known.clauses["special"]
        assert known.chosen(key, fails) == known.clauses["matter"]


def test_the_text_with_more_conditions_goes_first_and_a_rank_goes_before_all(copy: Path) -> None:
    both = 'party_types = ["federal"]\ncategories = ["PHI"]\n'
    known = written(
        copy, matter="", one='categories = ["PHI"]\n', two=both, three='bindings = ["binding"]\nrank = 9\n'
    )
    facts = Facts(binding="mixed", categories=frozenset({"PHI"}), party_types=frozenset({"federal"}))
    assert known.chosen("matter", facts) == known.clauses["two"]
    assert known.chosen("matter", Facts(binding="binding")) == known.clauses["three"]


def test_a_fallback_is_never_taken_by_itself(copy: Path) -> None:
    (copy / "clauses/weaker.md").write_text(
        clause("weaker", 'family = "audit"\n')
        .replace('"standard"', '"fallback"')
        .replace('"general"', '"measures"')
    )
    known = catalog.read(copy)
    assert known.chosen("weaker", Facts()) == known.clauses["audit"]


FAULTS: list[tuple[dict[str, str], str, str]] = [
    ({"matter": "", "other": ""}, "other", "family"),
    ({"matter": "", "one": 'categories = ["PHI"]\n', "two": 'party_types = ["federal"]\n'}, "two", "family"),
    (
        {"matter": "", "one": 'bindings = ["mixed", "binding"]\n', "two": 'bindings = ["binding"]\n'},
        "two",
        "family",
    ),
    ({"one": 'bindings = ["binding"]\n', "two": 'bindings = ["mixed"]\n'}, "one", "family"),
    ({"one": 'jurisdictions = ["Utah"]\n', "two": 'jurisdictions = ["Ohio"]\n'}, "one", "family"),
    ({"matter": "", "one": 'party_types = ["federl"]\n'}, "one", "party_types"),
    ({"matter": "", "one": 'bindings = ["firm"]\n'}, "one", "bindings"),
    ({"matter": "", "one": 'categories = ["HIV"]\n'}, "one", "categories"),
    ({"matter": "", "one": 'templates = ["alrp"]\n'}, "one", "templates"),
    ({"matter": "", "one": 'rank = "high"\ncategories = ["PHI"]\n'}, "one", "rank"),
    ({"matter": "", "one": 'conditions = ["PHI"]\n'}, "one", "conditions"),
]


@pytest.mark.parametrize(("texts", "where", "key"), FAULTS)
def test_ties_holes_and_unknown_words_are_a_system_check_with_file_and_line(
    copy: Path, monkeypatch: pytest.MonkeyPatch, texts: dict[str, str], where: str, key: str
) -> None:
    monkeypatch.setattr(checks, "ROOT", copy)
    monkeypatch.setattr(checks, "load", lambda: written(copy, **texts))
    [error] = catalog.check()
    lines = (copy / f"clauses/{where}.md").read_text().splitlines()
    line = next(number for number, words in enumerate(lines, 1) if words.startswith(f"{key} ="))
    assert error.msg.startswith(f"clauses/{where}.md, line {line}: {key}: "), error.msg


def test_texts_for_every_binding_force_leave_no_hole(copy: Path) -> None:
    known = written(copy, one='bindings = ["binding"]\n', two='bindings = ["mixed", "non_binding"]\n')
    assert {known.chosen("one", Facts(binding=word)).key for word in ("binding", "mixed", "non_binding")} == {
        "one",
        "two",
    }  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("version = 1", 'version = "one"', "version"), ("version = 1\n", "", "version"), ("note = ", "notes = ", "note"),
        ('position = "mandatory"', 'position = "must"', "position"), ('kind = "term"', 'kind = "terms"', "kind"),
        ('part = "term"', 'part = "terms"', "part"), ('family = "binding"', 'family = "disputes"', "part"),
    ],
)  # fmt: skip
def test_a_fault_in_a_clause_file_names_file_and_line(
    copy: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, key: str
) -> None:
    name = "binding-full" if "family" in old else "term"
    file = copy / f"clauses/{name}.md"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    monkeypatch.setattr(checks, "ROOT", copy)
    monkeypatch.setattr(checks, "load", lambda: catalog.read(copy))
    [error] = catalog.check()
    assert re.match(rf"clauses/[\w-]+\.md, line \d+: {key}: ", error.msg), error.msg


def test_a_clause_of_another_family_cannot_lend_its_name(copy: Path) -> None:
    file = copy / "clauses/matter.md"
    file.write_text(
        clause("matter", 'family = "disputes"\n')
        .replace('"general"', '"disputes"')
        .replace("standard", "fallback")
    )
    (copy / "clauses/other.md").write_text(clause("other", 'family = "matter"\n'))
    with pytest.raises(
        catalog.CatalogError, match=r"clauses/other\.md: family: 'matter' is the key of a clause of another"
    ):
        catalog.read(copy)


def test_an_earlier_text_stays_readable_and_must_be_earlier(copy: Path) -> None:
    past = copy / "clauses/earlier"
    past.mkdir()
    shutil.copy(copy / "clauses/term.md", past / "term@1.md")
    with pytest.raises(catalog.CatalogError, match=r"earlier/term@1\.md: version: 1 is not earlier"):
        catalog.read(copy)
    now = copy / "clauses/term.md"
    now.write_text(now.read_text().replace("version = 1", "version = 2"))
    known = catalog.read(copy)
    assert known.earlier["term@1"].text == known.clauses["term"].text and known.clauses["term"].version == 2


def test_the_library_has_texts_chosen_by_each_kind_of_condition_and_a_fallback() -> None:
    several = [one for texts in CATALOG.families.values() if len(texts) > 1 for one in texts]
    for name in ("categories", "party_types", "jurisdictions", "bindings"):
        assert any(getattr(one.conditions, name) for one in several), name
    assert any(one.position == "fallback" for one in several)


def test_a_clause_that_cites_a_rule_names_it_as_its_source() -> None:
    cites = re.compile(r"\b\d+ (CFR|USC)\b|\bCJIS Security Policy\b|Data Protection Act|UK GDPR")
    for one in CATALOG.clauses.values():
        assert one.source or not cites.search(one.text), one.key


def test_the_words_for_parties_are_those_of_the_registry() -> None:
    assert tuple(AgencyKind.values) == AGENCY_KINDS
    assert set(PARTY_TYPES) == {*AGENCY_KINDS, *CJ_STATUSES} - {"none"}


@pytest.mark.django_db
def test_a_new_draft_takes_the_text_that_fits_its_parties() -> None:
    made = builders.world()
    plain = builders.drafted(made, template="alpr")
    assert plain.provisions.filter(origin="governing-law@1").exists()
    agency = made.mesa
    agency.kind = "federal"
    federal: Any = builders.drafted(made, template="alpr")
    assert federal.provisions.filter(origin="governing-law-federal@1").exists()
    assert not federal.provisions.filter(origin="governing-law@1").exists()


@pytest.mark.django_db
def test_a_missing_clause_is_put_in_as_the_text_that_fits() -> None:
    made = builders.world()
    agreement = builders.drafted(made, template="alpr")
    row = agreement.provisions.get(origin="governing-law@1")
    drafting.remove(row, actor=made.riverton_liaison, now=NOW)
    agreement.refresh_from_db()
    drafting.edit(agreement, values={"jurisdiction": "Scotland"}, actor=made.riverton_liaison, now=NOW)
    put = inserting.insert_clause(agreement, key="governing-law", actor=made.riverton_liaison, now=NOW)
    assert put.origin == "governing-law-uk@1"
    with pytest.raises(Exception, match="in the text already"):
        inserting.insert_clause(agreement, key="governing-law", actor=made.riverton_liaison, now=NOW)
    exact = inserting.insert_clause(
        agreement, key="governing-law-federal", exact=True, instead=True, actor=made.riverton_liaison, now=NOW
    )
    assert (exact.pk, exact.origin) == (put.pk, "governing-law-federal@1")


def test_another_text_on_the_matter_counts_where_a_rule_asks_for_it() -> None:
    content = complete("alpr")
    for row in content["provisions"]:
        if row["origin"] == "audit@1":
            row["origin"] = "audit-by-report@1"
    case = Case(content, NOW.date(), CATALOG)
    assert {"audit", "audit-by-report"} <= case.clauses
    assert "audit" not in {one.key for one in taken_out(case)}
    gone = Case(without(complete("alpr"), "audit"), NOW.date(), CATALOG)
    assert "audit" not in gone.clauses
