"""Texts on the same matter: for every agreement exactly one of them must be the one to take."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from types import MappingProxyType

from agreements.catalog.clause import FALLBACK, Clause
from agreements.catalog.reading import CatalogError
from agreements.catalog.vocabulary import BINDINGS


def families(clauses: Mapping[str, Clause]) -> Mapping[str, tuple[Clause, ...]]:
    """The clauses by family; raises CatalogError for a family in which two texts tie or none is left."""
    found: dict[str, list[Clause]] = {}
    for clause in clauses.values():
        found.setdefault(clause.family, []).append(clause)
    for name, members in found.items():
        if name in clauses and clauses[name].family != name:
            raise _wrong(
                members[0], f"{name!r} is the key of a clause of another family, {clauses[name].family!r}"
            )
        if len(members) > 1:
            _check(members)
    return MappingProxyType({name: tuple(members) for name, members in found.items()})


def file_of(clause: Clause) -> str:
    """The file a clause stands in."""
    return f"clauses/{clause.key}.md"


def _wrong(clause: Clause, problem: str, key: str = "family") -> CatalogError:
    return CatalogError(file_of(clause), key, problem)


def _check(members: Iterable[Clause]) -> None:
    first, *others = members
    for other in others:
        if other.part != first.part:
            raise _wrong(other, f"{other.part!r} is another part than that of {first.key!r}", "part")
    chosen = [one for one in (first, *others) if one.position != FALLBACK]
    for one, two in combinations(chosen, 2):
        if one.rank == two.rank and not one.conditions.excludes(two.conditions):
            raise _wrong(two, f"{one.key!r} and {two.key!r} can both hold, with the same rank {one.rank}")
    if not _whole(chosen):
        raise _wrong(first, f"no text is left where none of the conditions holds: {_names(chosen)}")


def _whole(chosen: Iterable[Clause]) -> bool:
    """Whether a text is left for every agreement: one without conditions, or one for each binding force."""
    bindings: set[str] = set()
    for one in chosen:
        if not one.conditions.stated:
            return True
        if one.conditions.stated == 1:
            bindings |= set(one.conditions.bindings)
    return bindings == set(BINDINGS)


def _names(chosen: Iterable[Clause]) -> str:
    return ", ".join(repr(one.key) for one in chosen) or "there are only fallbacks"
