"""What is measured: three pages for three people, at each size, taking turns in one run."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agencies.models import Agency, Role, User
from agencies.operations.accounts import register_person
from agencies.operations.roles import grant_membership
from agreements import policy
from agreements.models import Agreement, ReminderSweep
from agreements.operations import drafting, lately, negotiating, reminding, renewing
from audit import heads
from audit.record import SYSTEM
from tests.bench.fill import AGENCIES, fill
from tests.bench.scratch import connect

ONE, FIFTY = 40, range(5, 55)
WARM, ROUNDS, RUNS = 3, 3, 10
LONG = 10_000
"""A statement longer than this names every row it wants; its plan says nothing more."""
BOARD = {"board": "/board/", "month": "/board/month/", "timeline": "/board/timeline/"}
BACKEND = "agencies.backends.Accounts"


@dataclass
class Figure:
    """One page for one person at one size; times in milliseconds."""

    size: int
    person: str
    page: str
    sees: int
    queries: int = 0
    times: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        """The median."""
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        """What nineteen of twenty stay below."""
        return statistics.quantiles(self.times, n=20)[-1]

    @property
    def limit(self) -> float:
        """The median of the same SQL without Django."""
        return statistics.median(self.bare)


@dataclass
class Town:
    """One filled database, its three readers and the agreement they open."""

    size: int
    name: str
    people: dict[str, User] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    sees: dict[str, int] = field(default_factory=dict)
    agreement: Agreement | None = None

    def pages(self, person: str) -> dict[str, str]:
        """The addresses a person opens; where others find their in-tray, an auditor finds the audit desk."""
        if self.agreement is None:
            raise LookupError("The database has not been filled.")
        begins = {"audit desk": "/audit/"} if person == "oversight" else {"in-tray": "/"} | BOARD
        return {"list": "/agreements/", "page": f"/agreements/{self.agreement.pk}/", **begins}


@contextmanager
def at(town: Town) -> Iterator[None]:
    """Django speaks to this database; the connection stays open between turns of the same one."""
    if connection.settings_dict["NAME"] != town.name:
        connection.close()
        connection.settings_dict["NAME"] = town.name
    yield


def settle(town: Town, directory: Path) -> None:
    """Fill the database, give it its readers, and one agreement made and shared by people."""
    now = datetime.now(UTC)
    made = connect(directory, town.name)
    with at(town):
        maker = User.objects.create_user("maker@bench.example", name="Mo Maker")
        with made, made.cursor() as cursor:
            fill(cursor, size=town.size, person=str(maker.pk), today=now.date())
        made.autocommit = True
        with made.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        _people(town, now)
        town.agreement = _agreement(town, now)
        for name, person in town.people.items():
            town.sees[name] = policy.visible(person, today=now.date()).count()
    made.close()


def _people(town: Town, now: datetime) -> None:
    agencies = {row.name: row for row in Agency.objects.all()}
    held: dict[str, list[tuple[int, Role]]] = {
        "one agency": [(ONE, Role.LIAISON), (ONE, Role.COUNSEL)],
        "fifty agencies": [(rank, Role.LIAISON) for rank in FIFTY],
        "oversight": [(AGENCIES, Role.AUDITOR)],
    }
    for name, roles in held.items():
        person = register_person(
            email=f"{name.replace(' ', '.')}@bench.example",
            name=name.title(),
            title="Reader",
            actor=SYSTEM,
            now=now,
        )
        for rank, role in roles:
            grant_membership(agencies[f"Agency {rank}"], person, role=role, actor=SYSTEM, now=now)
        town.people[name], town.clients[name] = person, Client()
        town.clients[name].force_login(person, backend=BACKEND)


def _agreement(town: Town, now: datetime) -> Agreement:
    """A whole agreement of the one agency with one of the fifty."""
    lead, partner = (Agency.objects.get(name=f"Agency {rank}") for rank in (ONE, FIFTY[0]))
    person = town.people["one agency"]
    agreement = drafting.draft(
        title="Exchange of case records", lead=lead, partners=[drafting.PartySpec(partner)], actor=person, now=now,
        template="cjis-iea",
    )  # fmt: skip
    negotiating.share(agreement, actor=person, now=now)
    return agreement


def measure(towns: list[Town], directory: Path, explained: Path) -> list[Figure]:
    """Every figure; the sizes take turns, so that what else the machine does falls on all alike."""
    figures = [
        Figure(town.size, who, page, town.sees[who])
        for town in towns for who in town.people for page in town.pages(who)
    ]  # fmt: skip
    by_town = {town.size: town for town in towns}
    for figure in figures:
        _once(figure, by_town[figure.size], directory, explained)
    for _ in range(ROUNDS):
        for figure in figures:
            _turn(figure, by_town[figure.size])
    return figures


@dataclass
class Scan:
    """The nightly search for agreements with a deadline to remind of: how many it met, and how long it took in all."""

    size: int
    met: int
    seconds: float


def scan(town: Town, explained: Path) -> Scan:
    """Search as the clock does each night, to the end; its queries explained in scan-*.txt.

    One agency changed something since the night before, so that all it is party to is searched.
    """
    now = datetime.now(UTC) + timedelta(days=2)  # the readers came today
    with at(town):
        ReminderSweep.objects.update_or_create(
            pk=1, defaults={"at": now - timedelta(days=1), **lately.log_end()}
        )
        news = lately.since(now)
        if news is None:
            raise LookupError("The night before is not known.")
        changed = replace(news, agencies=frozenset({Agency.objects.get(name=f"Agency {ONE}").pk}))
        with CaptureQueriesContext(connection) as captured:
            began = time.perf_counter()
            met = sum(len(look.ids) for look in reminding.looked_at(changed, now)[0])
            met += len(renewing.due(now=now).values_list("pk"))
            seconds = time.perf_counter() - began
        short = (query["sql"] for query in captured if len(query["sql"]) < LONG)
        queries = [sql for sql in short if sql.startswith("SELECT")]
        with connection.cursor() as cursor:
            (explained / f"scan-{town.size}.txt").write_text(_explain(cursor, queries), encoding="utf-8")
    return Scan(town.size, met, seconds)


def _ask(figure: Figure, town: Town) -> Callable[[], Any]:
    client, address = town.clients[figure.person], town.pages(figure.person)[figure.page]

    def ask() -> Any:
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code} to {figure.person}")
        return answer

    return ask


def _turn(figure: Figure, town: Town) -> None:
    ask = _ask(figure, town)
    with at(town):
        ask()
        figure.times += [_milliseconds(ask) for _ in range(RUNS)]


def _once(figure: Figure, town: Town, directory: Path, explained: Path) -> None:
    """Warm up, count the queries, and time the same SQL without Django."""
    ask = _ask(figure, town)
    with at(town):
        for _ in range(WARM):
            ask()
        cache.set(heads.REFUSED, "", 600)  # looked up every few seconds, by whoever comes first
        with CaptureQueriesContext(connection) as captured:
            ask()
    queries = [query["sql"] for query in captured if query["sql"].lstrip().startswith(("SELECT", "WITH"))]
    figure.queries = len(captured)
    bare = connect(directory, town.name)
    bare.autocommit = True
    with bare.cursor() as cursor:
        figure.bare = [_milliseconds(lambda: _run(cursor, queries)) for _ in range(WARM + RUNS)][WARM:]
        name = f"{figure.size}-{figure.person}-{figure.page}.txt".replace(" ", "-")
        (explained / name).write_text(_explain(cursor, queries), encoding="utf-8")
    bare.close()


def _run(cursor: Any, queries: list[str]) -> None:
    for query in queries:
        cursor.execute(query)
        cursor.fetchall()


def _explain(cursor: Any, queries: list[str]) -> str:
    parts: list[str] = []
    for query in queries:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {query}")
        parts.append("\n".join([query, *(row[0] for row in cursor.fetchall())]))
    return "\n\n".join(parts) + "\n"


def _milliseconds(do: Callable[[], Any]) -> float:
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1000
