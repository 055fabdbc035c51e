"""One way in: reads every data file, checks what refers to what, and gives back the frozen catalog."""

from collections.abc import Container, Iterable
from functools import cache
from pathlib import Path

from agreements.catalog import read_clauses, read_lists, read_rules, read_templates
from agreements.catalog import vocabulary as words
from agreements.catalog.entries import Catalog, Rule, Template
from agreements.catalog.families import families, file_of
from agreements.catalog.reading import CatalogError

ROOT = Path(__file__).parent


def _known(file: str, key: str, names: Iterable[str], known: Container[str], what: str) -> None:
    for name in names:
        if name not in known:
            raise CatalogError(file, key, f"{name!r} is not a {what} of the catalog")


def _check_template(template: Template, catalog: Catalog) -> None:
    file = f"templates/{template.id}.toml"
    _known(file, "kind", [template.kind], catalog.kinds, "kind")
    _known(file, "measures", template.measures, catalog.measures, "measure")
    _known(file, "flow_defaults", template.flow_defaults, catalog.categories, "data category")
    for section in template.sections:
        for key in (*section.clauses, *section.optional):
            _known(file, f"section[{section.part}]", [key], catalog.clauses, "clause")
            if catalog.clauses[key].part != section.part:
                raise CatalogError(
                    file, f"section[{section.part}]", f"clause {key!r} belongs to another part"
                )
    for dataset in template.datasets:
        _known(
            file, f"dataset[{dataset['name']}]", [dataset["category"]], catalog.categories, "data category"
        )
        for flow in dataset["flows"]:
            _known(
                file,
                f"dataset[{dataset['name']}].purposes",
                flow.get("purposes", ()),
                catalog.purposes,
                "purpose",
            )


def _conditions(rule: Rule, word: str) -> list[str]:
    return [value for group in (rule.when, *rule.when_any) for value in group.get(word, ())]


def _check_rule(file: str, rule: Rule, catalog: Catalog) -> None:
    key = f"rule[{rule.id}]"
    _known(file, key, _conditions(rule, "category_in"), catalog.categories, "data category")
    _known(file, key, _conditions(rule, "kind_in"), catalog.kinds, "kind")
    _known(file, key, _conditions(rule, "template_in"), catalog.templates, "template")
    _known(file, key, _conditions(rule, "filed"), catalog.filings, "filing")
    for word in words.NAMES_FILINGS:
        _known(file, key, rule.then.get(word, ()), catalog.filings, "filing")
    _known(file, key, rule.inserts, catalog.clauses, "clause")
    for topic in rule.then.get("clauses", {}).values():
        _known(file, key, topic.get("any", ()), catalog.clauses, "clause")
    if rule.points_to.startswith("clause/"):
        _known(file, key, [rule.points_to.removeprefix("clause/")], catalog.clauses, "clause")
    if rule.points_to.startswith("file/"):
        _known(file, key, [rule.points_to.removeprefix("file/")], catalog.filings, "filing")


def _check_clauses(catalog: Catalog) -> None:
    for clause in catalog.clauses.values():
        file, asked = file_of(clause), clause.conditions
        _known(file, "categories", asked.categories, catalog.categories, "data category")
        _known(file, "templates", asked.templates, catalog.templates, "template")


def read(root: Path = ROOT) -> Catalog:
    """The catalog under `root`; raises CatalogError naming the file and the key that are wrong."""
    placeholders, parts = read_lists.placeholders(root), read_lists.parts(root)
    clauses = read_clauses.clauses(root, parts, placeholders)
    catalog = Catalog(
        kinds=read_lists.kinds(root),
        categories=read_lists.categories(root),
        purposes=read_lists.purposes(root),
        measures=read_lists.measures(root),
        placeholders=placeholders,
        phrases=read_lists.phrases(root),
        parts=parts,
        ladder=read_lists.ladder(root),
        clauses=clauses,
        earlier=read_clauses.earlier(root, clauses, parts, placeholders),
        families=families(clauses),
        templates=read_templates.templates(root, parts),
        filings=read_lists.filings(root),
        packs=read_rules.packs(root),
    )
    _check_clauses(catalog)
    for template in catalog.templates.values():
        _check_template(template, catalog)
    for pack in catalog.packs:
        for rule in pack.rules:
            _check_rule(f"requirements/{pack.key}.toml", rule, catalog)
    return catalog


@cache
def load() -> Catalog:
    """The catalog shipped with the application, read once."""
    return read()


def kind_choices() -> list[tuple[str, str]]:
    """The kinds of agreement as choices of a form: (key, name), in the catalog's order."""
    return [(kind.key, kind.name) for kind in load().kinds.values()]
