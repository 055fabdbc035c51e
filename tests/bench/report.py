"""The figures as people read them."""

from typing import Any

from tests.bench.measure import Figure, Scan

MOST_QUERIES = 6


def table(figures: list[Figure]) -> str:
    """One line per figure."""
    head = f"{'page':10} {'person':15} {'agreements':>10} {'sees':>9} {'queries':>7} {'p50 ms':>8} {'p95 ms':>8} {'bare SQL':>8}"
    lines = [
        f"{f.page:10} {f.person:15} {f.size:>10,} {f.sees:>9,} {f.queries:>7} {f.p50:>8.1f} {f.p95:>8.1f} {f.limit:>8.1f}"
        for f in sorted(figures, key=lambda f: (f.page, f.person, f.size))
    ]
    return "\n".join([head, *lines])


def ratios(figures: list[Figure], goal: float) -> str:
    """Each page's median at the largest size against that at the smallest."""
    small, large = min(f.size for f in figures), max(f.size for f in figures)
    found = {(f.page, f.person, f.size): f for f in figures}
    lines = [
        f"{large:,} against {small:,} agreements (goal for the list and the board: at most {goal} times)"
    ]
    for page, person in dict.fromkeys((f.page, f.person) for f in figures):
        first, last = found[page, person, small], found[page, person, large]
        same = "" if first.queries == last.queries else f"; QUERIES {first.queries} -> {last.queries}"
        lines.append(
            f"{page:10} {person:15} page x {last.p50 / first.p50:.2f}, SQL x {last.limit / first.limit:.2f}{same}"
        )
    return "\n".join(lines)


def scanned(scans: list[Scan]) -> str:
    """How long the nightly search for what is due takes."""
    return "\n".join(
        f"nightly search among {one.size:,} agreements: {one.met:,} with a deadline to remind of, {one.seconds:.1f} s"
        for one in scans
    )


def verdict(figures: list[Figure]) -> int:
    """1 if the list takes more queries than allowed or a page more at one size than at another; times fail nothing."""
    counts: dict[tuple[str, str], set[int]] = {}
    for figure in figures:
        counts.setdefault((figure.page, figure.person), set()).add(figure.queries)
    many = [f for f in figures if f.page == "list" and f.queries > MOST_QUERIES]
    return int(bool(many) or any(len(found) > 1 for found in counts.values()))


def plain(figures: list[Figure]) -> list[dict[str, Any]]:
    """The figures as data."""
    return [
        {"page": f.page, "person": f.person, "size": f.size, "queries": f.queries, "p50": round(f.p50, 2),
         "p95": round(f.p95, 2), "bare": round(f.limit, 2), "sees": f.sees}
        for f in figures
    ]  # fmt: skip
