"""What a search of the audit desk costs in a large log: `EVENTS=5000000 python -m tests.bench.desk`.

The log is filled by statements over whole tables; agency 0.1 % owns a thousandth of the events. Each search is
timed as the page is (from the request to the answer), and its queries are explained in var/bench/desk-*.txt.
"""

import os
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.test.utils import setup_test_environment

from config.engines import postgres
from tests.bench.fill import fill
from tests.bench.scratch import connect, servers

EVENTS = int(os.environ.get("EVENTS") or 5_000_000)
A_STREAM = 25
RUNS = 15
OUT = Path(__file__).resolve().parent.parent.parent / "var" / "bench"

EVENTS_OF = """
CREATE TEMP TABLE stream AS SELECT row_number() OVER () - 1 AS n, id FROM agreements_agreement ORDER BY reference;
ALTER TABLE stream ADD PRIMARY KEY (n);
CREATE TEMP TABLE agency AS SELECT row_number() OVER () - 1 AS n, id FROM agencies_agency;
ALTER TABLE agency ADD PRIMARY KEY (n);
ANALYZE stream, agency;
INSERT INTO audit_event (id, stream, number, action, actor, actor_label, agency, private_to, at, body, leaf, transaction)
  SELECT %(first)s + g, s.id, g / %(streams)s + 2,
    (ARRAY['provision.edited', 'comment.made', 'agreement.shared', 'document.downloaded', 'term.edited'])[g %% 5 + 1],
    md5('actor' || g * 31 %% 2000)::uuid, 'Person ' || g * 31 %% 2000 || ' (person' || g * 31 %% 2000 || '@bench.example)',
    a.id, CASE WHEN g %% 50 = 0 THEN a.id END, %(now)s - (%(more)s - g) * (interval '6 years' / %(more)s),
    convert_to('{"action":"provision.edited","actor":{"agency":null,"id":null,"label":"Concordat"},"at":"","changes":'
      '[{"fields":{"text":["' || repeat('The Recipient keeps a log of each search. ', 5) || '","' || md5(g::text) || '"]},'
      '"label":"Logging","object":"agreements.provision:' || s.id || '"}],"facts":{"label":"Logging","fields":["text"]},'
      '"private_to":null,"request":{"id":"' || md5('r' || g) || '"},"salt":"' || md5('s' || g) || '","stream":"' || s.id
      || '","stream_number":1,"stream_prev":"' || repeat('0', 64) || '","v":1}', 'UTF8'),
    sha256(g::text::bytea), 1
  FROM generate_series(1, %(more)s::bigint) g JOIN stream s ON s.n = (g * 7919) %% %(streams)s
  JOIN agency a ON a.n = (g * 17) %% (SELECT count(*) FROM agency);
INSERT INTO audit_entry (seq, event_id, leaf) SELECT id, id, leaf FROM audit_event WHERE id > %(first)s;
UPDATE audit_stream t SET size = e.size FROM (SELECT stream, count(*) AS size FROM audit_event GROUP BY 1) e WHERE e.stream = t.id;
UPDATE audit_head SET size = (SELECT count(*) FROM audit_entry), settled = %(first)s + %(more)s;
SELECT setval('audit_event_id_seq', %(first)s + %(more)s);
"""


LATER = """
SELECT format('ALTER TABLE audit_event ADD CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid)),
    format('ALTER TABLE audit_event DROP CONSTRAINT %I', c.conname)
  FROM pg_constraint c WHERE c.conrelid = 'audit_event'::regclass AND c.contype = 'u'
UNION ALL SELECT i.indexdef, format('DROP INDEX %I', i.indexname) FROM pg_indexes i
  WHERE i.tablename = 'audit_event' AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname)
"""
"""The indexes of the log are made when it is full; what makes each, and what takes it away."""

OWNER = 399
"""The agency, of four hundred, that is party to about a thousandth of the agreements."""
AGENCIES = 400
PERSON = "00000000-0000-0000-0000-000000000001"


def filled(directory: Path) -> None:
    """Agreements with the events of six years, evenly spread."""
    connection = connect(directory, postgres.DATABASE)
    agreements, now = max(1, EVENTS // A_STREAM), datetime.now(UTC)
    with connection, connection.cursor() as cursor:
        fill(cursor, size=agreements, person=PERSON, today=now.date(), agencies=AGENCIES)
        cursor.execute("SET LOCAL session_replication_role = replica; SET LOCAL statement_timeout = 0")
        more = EVENTS - agreements - AGENCIES
        facts = {"first": agreements + AGENCIES, "more": more, "streams": agreements, "now": now}
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'; SET LOCAL work_mem = '256MB'")
        cursor.execute(LATER)
        later = cursor.fetchall()
        for _, drop in later:
            cursor.execute(drop)
        cursor.execute(EVENTS_OF, facts)
        for make, _ in later:
            cursor.execute(make)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    connection.close()


def readers() -> dict[str, Any]:
    """The auditor of the small agency, of the largest, and of the body that oversees most of them."""
    world = import_module("tests.bench.measure")
    found = {}
    for who, rank in (("0.1 % agency", OWNER), ("largest agency", 1), ("oversight body", AGENCIES)):
        now = datetime.now(UTC)
        person = world.register_person(
            email=f"a{rank}@bench.example", name=f"Auditor {rank}", title="", actor=world.SYSTEM, now=now
        )
        agency = world.Agency.objects.get(name=f"Agency {rank}")
        world.grant_membership(agency, person, role=world.Role.AUDITOR, actor=world.SYSTEM, now=now)
        found[who] = world.Client()
        found[who].force_login(person, backend=world.BACKEND)
    return found


def searches() -> dict[str, dict[str, str]]:
    """What auditors look for."""
    day = datetime.now(UTC) - timedelta(days=400)
    return {
        "newest": {},
        "one person": {"who": "person31@bench.example"},
        "an act": {"action": "agreement.shared"},
        "two hours of a day": {"since": f"{day:%Y-%m-%dT10:00}", "until": f"{day:%Y-%m-%dT12:00}"},
        "a word": {"words": "keeps"},
        "a word that is nowhere": {"words": "xylophone"},
        "an agency": {"agency": "Agency 7"},
        "an act in a month": {
            "action": "term.edited",
            "until": f"{day:%Y-%m-%d}",
            "since": f"{day - timedelta(days=30):%Y-%m-%d}",
        },
    }


def measured(client: Any, asked: dict[str, str], explained: Path) -> str:
    """The page's time in milliseconds, median and worst; its queries explained."""
    world = import_module("tests.bench.measure")
    times = []
    for _ in range(RUNS + 2):
        began = time.perf_counter()
        answer = client.get("/audit/", asked)
        times.append((time.perf_counter() - began) * 1000)
    with world.CaptureQueriesContext(world.connection) as captured:
        client.get("/audit/", asked)
    queries = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
    with world.connection.cursor() as cursor:
        explained.write_text(_explained(cursor, queries), encoding="utf-8")
    sql = sum(float(query["time"]) for query in captured) * 1000
    found, times = answer.context["found"], times[2:]
    reach = f", searched back to {found.searched_to:%Y-%m-%d}" if found.searched_to else ""
    return (
        f"{statistics.median(times):6.0f} ms median, {max(times):6.0f} worst, {sql:6.0f} in SQL, "
        f"{len(captured)} queries, {len(found.rows)} rows{reach}"
    )


def _explained(cursor: Any, queries: list[str]) -> str:
    parts = []
    for query in queries:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {query}")
        parts.append("\n".join([query[:4000], *(row[0] for row in cursor.fetchall())]))
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Fill, search, print."""
    OUT.mkdir(parents=True, exist_ok=True)
    with servers() as directory:
        django.setup()
        call_command("migrate", verbosity=0)
        filled(directory)
        report()
    return 0


def report() -> None:
    """Every search of every reader."""
    setup_test_environment()  # or an answer says nothing of what it was made from
    for who, client in readers().items():
        for name, asked in searches().items():
            where = OUT / f"desk-{who}-{name}.txt".replace(" ", "-").replace("%-", "")
            print(f"{who:>16}  {name:<24}", measured(client, asked, where), flush=True)


if __name__ == "__main__":
    sys.exit(main())
