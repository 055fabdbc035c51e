import time, pytest, statistics
from datetime import date, timedelta
from uuid import uuid4
from django.db import connection
from agreements import listing, policy, board, intray
from agreements.listing import Filters
from agreements.models import oversight_principal
from tests import builders

TODAY = date(2026, 3, 2)
AG = """INSERT INTO agencies_agency SELECT (jsonb_populate_record(g, jsonb_build_object('id', gen_random_uuid(), 'slug', 'a-'||n, 'name', 'Agency '||n, 'short_name','Agency '||n))).* FROM agencies_agency g, generate_series(1,200) n WHERE g.id=%(r)s"""
FILL = """
WITH src AS (SELECT gen_random_uuid() AS id, n FROM generate_series(%(a)s::int, %(b)s::int) n),
ins AS (INSERT INTO agreements_agreement (id,last_event_id,reference,title,kind,binding,template,source_name,stage,lead_id,turn_id,turn_since,shared_at,jurisdiction,governing_law,timezone,categories,drafted_at,executed_at,effective_on,last_day,notice_due_on,review_due_on,ended_how)
 SELECT s.id, l.last_event_id, 'B-'||s.n, l.title||' '||s.n, (ARRAY['IEA','MOU','MOA'])[1+s.n%%3], l.binding, l.template, l.source_name, CASE WHEN s.n%%10=0 THEN 'negotiation' ELSE 'executed' END, l.lead_id, CASE WHEN s.n%%10=0 THEN l.lead_id END, l.turn_since, l.shared_at, l.jurisdiction, l.governing_law, l.timezone, l.categories, l.drafted_at, l.executed_at, '2022-01-01', CASE WHEN s.n%%10>0 THEN %(t)s::date + (random()*2000)::int - 400 END, NULL, NULL, ''
 FROM src s, agreements_agreement l WHERE l.id=%(like)s RETURNING id, last_day, reference),
pairs AS (SELECT i.id, i.last_day, k, floor(power(random(), 2) * 200)::int AS r FROM ins i, generate_series(1,3) k WHERE k<3 OR random()<0.3),
who AS (SELECT DISTINCT ON (p.id, g.id) p.id, p.last_day, p.k, g.id AS agency FROM pairs p JOIN rk g ON g.r = p.r),
par AS (INSERT INTO agreements_party SELECT (jsonb_populate_record(x, jsonb_build_object('id', gen_random_uuid(), 'agreement_id', w.id, 'agency_id', w.agency, 'position', w.k))).* FROM who w, agreements_party x WHERE x.id=%(pl)s)
INSERT INTO agreements_access(principal, agreement_id, sort_on)
 SELECT w.agency, w.id, coalesce(w.last_day,'9999-12-31') FROM who w
 UNION ALL SELECT %(ov)s::uuid, i.id, coalesce(i.last_day,'9999-12-31') FROM ins i
"""


def ms(f, n=40):
    ts = []
    for _ in range(n):
        t = time.perf_counter()
        f()
        ts.append((time.perf_counter() - t) * 1000)
    ts.sort()
    return f"{statistics.median(ts):.2f}"


@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_perf(client):
    m = builders.world()
    like = builders.executed(m)
    ov = oversight_principal(m.board.pk)
    with connection.cursor() as c:
        c.execute("SET session_replication_role = replica")
        c.execute("SET work_mem='64MB'")
        c.execute("SET statement_timeout=0")
        c.execute(AG, {"r": m.riverton.pk})
        c.execute(
            "CREATE TABLE rk AS SELECT (row_number() over (order by id))::int - 1 AS r, id FROM (SELECT id FROM agencies_agency WHERE slug LIKE 'a-%%' ORDER BY id) z".replace(
                "%%", "%"
            )
        )
        pl = like.parties.first().pk
        c.execute("select id from rk where r=20")
        one = [c.fetchone()[0]]
        c.execute("select id from rk where r between 5 and 54")
        fifty = [r[0] for r in c.fetchall()]
        done = 0
        for size in (10_000, 100_000, 500_000):
            while done < size:
                step = min(size - done, 45_000)
                c.execute(
                    FILL, {"a": done + 1, "b": done + step, "t": TODAY, "like": like.pk, "pl": pl, "ov": ov}
                )
                done += step
            c.execute("ANALYZE agreements_access, agreements_agreement, agreements_party")
            c.execute("RESET work_mem")
            for name, ps in (("one", one), ("fifty", fifty), ("oversight", [ov])):
                out = [f"{size} {name}:"]
                for when in ("coming", "all", "passed"):
                    out.append(
                        f"{when} page {ms(lambda: listing.page(ps, filters=Filters(when=when), today=TODAY))} facets {ms(lambda: listing.facets(ps, filters=Filters(when=when), today=TODAY))};"
                    )
                out.append(
                    f"narrow kind {ms(lambda: listing.page(ps, filters=Filters(kind='MOU', when='coming'), today=TODAY), 10)} neg {ms(lambda: listing.page(ps, filters=Filters(stage='negotiation', when='coming'), today=TODAY), 10)}/{ms(lambda: listing.facets(ps, filters=Filters(stage='negotiation', when='coming'), today=TODAY), 10)} lapsed {ms(lambda: listing.page(ps, filters=Filters(standing='lapsed'), today=TODAY), 5)} party {ms(lambda: listing.page(ps, filters=Filters(party='a-7'), today=TODAY), 5)}"
                )
                print(*out)
            sc = board.Scope(tuple(one))
            sf = board.Scope(tuple(fifty))
            print(
                size,
                "board one",
                ms(lambda: board.board(sc, today=TODAY), 3),
                "fifty",
                ms(lambda: board.board(sf, today=TODAY), 3),
                "settled",
                ms(lambda: board.settled(sf, today=TODAY), 3),
                "coming",
                ms(lambda: board.coming(sf, days=90, today=TODAY), 3),
            )

            class M:
                def __init__(s, a, r):
                    s.agency_id = a
                    s.role = r

            for nm, ags in (("one", one), ("fifty", fifty)):
                print(
                    size,
                    "tray",
                    nm,
                    ms(
                        lambda: intray.tray(
                            m.riverton_counsel,
                            [M(a, r) for a in ags for r in ("liaison", "counsel")],
                            today=TODAY,
                        ),
                        3,
                    ),
                )
