"""The catalog is whole, says nothing out of date, and refuses bad files by name."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agreements import catalog
from agreements.catalog import CatalogError, checks
from agreements.catalog.clause import placeholders_in
from agreements.catalog.loader import ROOT
from agreements.models import Commitment, Dataset, Flow, Measure, Provision, Term
from agreements.operations import amending

CATALOG = catalog.load()
COMMON_PARTS = [
    "parties", "purpose", "authority", "definitions", "responsibilities", "data", "access", "security", "privacy",
    "training", "governance", "measures", "costs", "liability", "records", "disputes", "term", "closeout",
    "amendment", "general", "signatures",
]  # fmt: skip
CATEGORIES = (
    "CJI CHRI NCIC criminal_intel incident cad alpr_scan alpr_hotlist bwc digital_evidence biometric jail court "
    "probation PHI SUD education_record DMV FTI victim_services juvenile personnel GIS statistics other"
)
CJIS_TOPICS = "audit dissemination hit-confirmation logging quality screening security timeliness training use validation"


def all_texts() -> dict[str, str]:
    """Every data file of the catalog by name."""
    return {str(p.relative_to(ROOT)): p.read_text() for p in ROOT.rglob("*") if p.suffix in {".md", ".toml"}}


def test_the_kinds_and_categories_of_the_field_are_there() -> None:
    assert set(CATEGORIES.split()) == set(CATALOG.categories)
    wanted = (
        "IEA MOU MOA MCA security_addendum DSA DUA DUL EMOU ISA interlocal task_force user_agreement BAA IAA"
    )
    assert set(wanted.split()) <= set(CATALOG.kinds)
    assert len({kind.prefix for kind in CATALOG.kinds.values()}) == len(CATALOG.kinds)


@pytest.mark.parametrize("template", sorted(CATALOG.templates))
def test_a_template_drafts_a_whole_agreement(template: str) -> None:
    plan = catalog.blueprint(template)
    assert [s.part for s in CATALOG.templates[template].sections if s.part in COMMON_PARTS] == COMMON_PARTS
    assert {row["part"] for row in plan.provisions} == {s.title for s in CATALOG.templates[template].sections}
    assert len(plan.provisions) >= 55 and plan.datasets and plan.measures and len(plan.seats) >= 2
    seats = {seat.key for seat in plan.seats}
    assert {row["party"] for row in plan.commitments} == seats
    assert {
        flow[end] for d in plan.datasets for flow in d["flows"] for end in ("provider", "recipient")
    } == seats


@pytest.mark.parametrize("template", sorted(CATALOG.templates))
def test_a_draft_states_whether_it_binds_exactly_once(template: str) -> None:
    origins = [row["origin"] for row in catalog.blueprint(template).provisions]
    assert len(origins) == len(set(origins))
    assert sum(origin.startswith("binding-") for origin in origins) == 1


@pytest.mark.parametrize("template", sorted(CATALOG.templates))
def test_every_structured_block_is_shown_once_in_a_draft(template: str) -> None:
    prose = "\n".join(row["text"] for row in catalog.blueprint(template).provisions)
    for name in (one.name for one in CATALOG.placeholders.values() if one.block):
        assert prose.count(f"{{{name}}}") == 1, name


def test_the_eleven_cjis_subjects_are_mandatory() -> None:
    kept = {row["origin"]: row["position"] for row in catalog.blueprint("cjis-iea").provisions}
    assert {kept.get(f"cjis-{topic}@1") for topic in CJIS_TOPICS.split()} == {"mandatory"}


def test_no_clause_is_orphaned() -> None:
    named = {k for t in CATALOG.templates.values() for s in t.sections for k in (*s.clauses, *s.optional)}
    used = {one.key for key in named for one in CATALOG.families[CATALOG.family(key)]}
    offered = {
        k
        for rule in CATALOG.rules
        for topic in rule.then.get("clauses", {}).values()
        for k in topic.get("any", ())
    }
    offered |= {key for rule in CATALOG.rules for key in rule.inserts}
    assert used | offered == set(CATALOG.clauses)


def test_every_placeholder_used_is_known_and_every_known_one_used() -> None:
    texts = [*(clause.text for clause in CATALOG.clauses.values()), amending.OPENING, amending.JOINING]
    used = set().union(*(placeholders_in(text) for text in texts))
    assert used <= set(CATALOG.placeholders)
    assert set(CATALOG.placeholders) - used == {"agreement.title", "term.last_day"} - used


def test_no_heading_takes_the_name_of_a_schedule() -> None:
    for clause in CATALOG.clauses.values():
        assert not clause.heading.lower().startswith(("schedule", "annex")), clause.key


def test_texts_carry_no_outdated_rule() -> None:
    for name, text in all_texts().items():
        if not name.startswith(("requirements/", "clauses/cjis-security.md")):
            assert "140-2" not in text, name
        assert not re.search(r"five[ -]years?|five \(5\) years|biennial", text, re.IGNORECASE), name
    for clause in CATALOG.clauses.values():
        assert "140-2" not in clause.text, clause.key
        assert not re.search(r"5\.1\.1|version \d|v[56]\.\d", clause.text), clause.key


def test_clauses_do_not_repeat_numbers_that_are_structured_terms() -> None:
    for clause in CATALOG.clauses.values():
        assert not re.search(
            r"\b(12|24|36|60|90) (months|days|hours)' notice|within (one|1) hour of discovery", clause.text
        )
        assert not re.search(r"(term|length) of \w+ (months|years)", clause.text), clause.key


def test_every_clause_explains_itself_and_gives_a_source_where_it_cites_a_rule() -> None:
    for clause in CATALOG.clauses.values():
        assert clause.note.endswith("."), clause.key
        assert len(clause.text.split()) > 12, clause.key
        if clause.part in {"cjis"} or clause.key.startswith("ferpa"):
            assert clause.source, clause.key


LIMITS = [
    (Provision, "provisions", None), (Dataset, "datasets", None), (Flow, "datasets", "flows"),
    (Commitment, "commitments", None), (Measure, "measures", None),
]  # fmt: skip


def _rows(plan: catalog.Blueprint, name: str, inner: str | None) -> list[dict[str, Any]]:
    rows = getattr(plan, name)
    return [one for row in rows for one in row[inner]] if inner else list(rows)


@pytest.mark.parametrize("template", sorted(CATALOG.templates))
@pytest.mark.parametrize(("model", "name", "inner"), LIMITS)
def test_a_draft_fits_the_columns_it_is_kept_in(
    template: str, model: Any, name: str, inner: str | None
) -> None:
    columns = {field.name: field for field in model._meta.get_fields() if hasattr(field, "max_length")}
    for row in _rows(catalog.blueprint(template), name, inner):
        for field, value in row.items():
            most = getattr(columns.get(field), "max_length", None)
            assert not (most and isinstance(value, str) and len(value) > most), f"{field}: {value}"


def test_a_template_states_every_field_of_the_term() -> None:
    names = {field.name for field in Term._meta.get_fields()}
    for template in CATALOG.templates:
        assert set(catalog.blueprint(template).term) <= names


def test_blueprints_are_each_their_own() -> None:
    first = catalog.blueprint("alpr")
    first.datasets[0]["flows"][0]["purposes"].append("personal_use")
    first.term["months"] = 1
    assert "personal_use" not in catalog.blueprint("alpr").datasets[0]["flows"][0]["purposes"]
    assert catalog.blueprint("alpr").term["months"] == 12


def test_the_catalog_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CATALOG.kinds["X"] = CATALOG.kinds["MOU"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        CATALOG.kinds["MOU"].name = "Memo"  # type: ignore[misc]
    with pytest.raises(TypeError):
        CATALOG.templates["alpr"].term["months"] = 1  # type: ignore[index]


def test_an_optional_clause_waits_for_its_category() -> None:
    clause = CATALOG.clauses["intel-handling"]
    assert clause.applies(catalog.Facts(categories=frozenset({"criminal_intel", "CJI"})))
    assert not clause.applies(catalog.Facts(categories=frozenset({"CJI"})))


def test_the_ladder_has_its_rungs_and_escalates() -> None:
    ladder = CATALOG.ladder
    assert [rung.days for rung in ladder.rungs] == [180, 120, 90, 60, 30, 14, 7, 1, 0]
    assert ladder.overdue_every_days == 7
    told = {rung.days: set(rung.roles) for rung in ladder.rungs}
    assert told[180] == {"liaison"} and told[90] == {"liaison", "counsel"}
    assert {"signatory", "administrator"} <= told[30]
    for sooner, later in zip(ladder.rungs[1:], ladder.rungs, strict=False):
        assert set(later.roles) <= set(sooner.roles)


@pytest.mark.parametrize(
    ("days", "phase"),
    [
        (400, "early"),
        (180, "early"),
        (100, "early"),
        (90, "soon"),
        (30, "urgent"),
        (1, "urgent"),
        (0, "today"),
        (-1, "overdue"),
    ],
)
def test_a_reminder_finds_its_words(days: int, phase: str) -> None:
    for deadline in ("last_day", "notice", "review"):
        words = CATALOG.ladder.wording(deadline, days)
        assert (words.deadline, words.phase) == (deadline, phase)
        assert words.otherwise and words.otherwise_automatic


def test_standard_phrases_belong_to_fields_of_a_flow_and_fit_them() -> None:
    for field, phrases in CATALOG.phrases.items():
        most = Flow._meta.get_field(field).max_length
        assert all(most is None or len(phrase) <= most for phrase in phrases)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the catalog to spoil."""
    return Path(
        shutil.copytree(ROOT, tmp_path / "catalog", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    )


def swap(file: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        text = (root / file).read_text()
        assert old in text
        (root / file).write_text(text.replace(old, new, 1))

    return spoil


SPOILED = [
    (swap("kinds.toml", 'prefix = "MOU"', ""), "kinds.toml", "kind[MOU].prefix"),
    (swap("kinds.toml", 'key = "MOA"', 'key = "MOU"'), "kinds.toml", "kind[MOU].key"),
    (swap("kinds.toml", "[[kind]]", "[[kind"), "kinds.toml", "(file)"),
    (swap("data_categories.toml", '"method"', '"methd"'), "data_categories.toml", "category[CJI].states"),
    (swap("purposes.toml", "note =", "nota ="), "purposes.toml", "purpose[criminal_investigation].note"),
    (swap("reminders.toml", 'phase = "early"', 'phase = "erly"'), "reminders.toml", "rung[180].phase"),
    (swap("reminders.toml", '"{title}', '"{secret}'), "reminders.toml", "wording[last_day].body"),
    (swap("clauses/term.md", "{term.last_day}", "{term.last}"), "clauses/term.md", "(text)"),
    (swap("clauses/term.md", "+++", "---"), "clauses/term.md", "(front matter)"),
    (swap("clauses/term.md", 'position = "mandatory"', 'position = "must"'), "clauses/term.md", "position"),
    (swap("clauses/term.md", "The last day", "<b>The last day"), "clauses/term.md", "(text)"),
    (swap("clauses/term.md", 'part = "term"', 'part = "time"'), "clauses/term.md", "part"),
    (swap("templates/sro.toml", '"sro-role"', '"sro-rule"'), "templates/sro.toml", "section[program]"),
    (swap("templates/sro.toml", 'kind = "months"', 'kind = "month"'), "templates/sro.toml", "term.kind"),
    (swap("templates/sro.toml", 'provider = "district"', 'provider = "dist"'), "templates/sro.toml", "flow[dist].provider"),
    (swap("requirements/core.toml", "parties_min = 2", "parties_min = 'two'"), "requirements/core.toml", "rule[GEN-001a].then.parties_min"),
    (swap("requirements/core.toml", "parties_min = 2", "eval = 'x'"), "requirements/core.toml", "rule[GEN-001a].then.eval"),
    (swap("requirements/core.toml", 'true = ["mfa"]', 'true = ["mfaa"]'), "requirements/core.toml", "rule[CJI-013].then.true"),
    (swap("requirements/core.toml", 'severity = "block"', 'severity = "stop"'), "requirements/core.toml", "rule[GEN-001a].severity"),
    (swap("requirements/extended.toml", '"cjis-devices"', '"cjis-device"'), "requirements/extended.toml", "rule[CJI-022]"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "file", "key"), SPOILED)
def test_a_bad_file_is_refused_with_its_name_and_key(copy: Path, spoil: Any, file: str, key: str) -> None:
    spoil(copy)
    with pytest.raises(CatalogError) as wrong:
        catalog.read(copy)
    assert (wrong.value.file, wrong.value.key) == (file, key)
    assert str(wrong.value).startswith(f"{file}: {key}: ")


def test_a_missing_file_is_refused(copy: Path) -> None:
    (copy / "purposes.toml").unlink()
    with pytest.raises(CatalogError, match=r"purposes\.toml"):
        catalog.read(copy)


def test_the_system_check_reports_a_bad_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    assert catalog.check() == []

    def broken() -> None:
        raise CatalogError("kinds.toml", "kind[MOU].prefix", "missing")

    monkeypatch.setattr(checks, "load", broken)
    [error] = catalog.check()
    assert error.id == "agreements.E001" and "kinds.toml, line 11: kind[MOU].prefix: missing" in error.msg


FAULTS = [
    ("parties_min = 2", "parties_min = 'two'"),
    ("parties_min = 2", "eval = 'x'"),
    ('true = ["mfa"]', 'true = ["mfaa"]'),
    ('none_of = { purposes = ["criminal_investigation"', 'none_of = { purpose = ["criminal_investigation"'),
    ('category_in = ["PHI"]', 'category_in = ["PHI", "HIV"]'),
    ('on_file = ["resolution"]', 'on_file = ["resolutions"]'),
    ('inserts = ["cjis-outsourcing"]', 'inserts = ["cjis-outsource"]'),
    ('after_day = "2026-09-21"', 'after_day = "21 September 2026"'),
    ('points_to = "file/destruction"', 'points_to = "files/destruction"'),
    ('id = "TRM-011"', 'id = "TRM-010"'),
    ('citation = "18 USC 2721(c)"', "citation = 2721"),
    ('subject = "signature"', 'subject = "signatory"'),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong"), FAULTS)
def test_a_fault_in_a_rule_pack_is_a_system_check_with_file_and_line(
    copy: Path, monkeypatch: pytest.MonkeyPatch, right: str, wrong: str
) -> None:
    file = copy / "requirements/core.toml"
    before = file.read_text()
    assert right in before
    file.write_text(before.replace(right, wrong, 1))
    line = file.read_text()[: file.read_text().rindex(wrong)].count("\n") + 1
    monkeypatch.setattr(checks, "ROOT", copy)
    monkeypatch.setattr(checks, "load", lambda: catalog.read(copy))
    [error] = catalog.check()
    place = re.match(r"requirements/core\.toml, line (\d+): rule\[", error.msg)
    assert place, error.msg
    assert int(place[1]) == line or "missing" in error.msg, error.msg


def test_a_file_that_is_not_toml_names_the_line_of_the_parser(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = copy / "requirements/house.toml"
    file.write_text(file.read_text().replace("\n[[rule]]", "\n[[rule", 1))
    monkeypatch.setattr(checks, "ROOT", copy)
    monkeypatch.setattr(checks, "load", lambda: catalog.read(copy))
    assert "requirements/house.toml, line 7: (file): not TOML" in catalog.check()[0].msg


def test_a_pack_switched_on_that_is_not_there_is_said(settings: Any) -> None:
    settings.RULE_PACKS = ["extended"]
    assert catalog.check() == []
    settings.RULE_PACKS = ["extended", "extnded", "core"]
    [error] = catalog.check()
    assert error.id == "agreements.E002" and "core, extnded" in error.msg and "extended" in error.hint
