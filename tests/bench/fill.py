"""Filling a database to a size, by statements over whole tables: triggers and guards are off meanwhile.

200 agencies of which a few are in most agreements (Zipf), 2.3 parties to an agreement, dates spread over six
years. Only a scratch database is ever filled like this; the application itself writes through its operations.
"""

from datetime import date
from itertools import accumulate
from typing import Any

AGENCIES = 200
OVERSEEN = 120
"""The oversight body is the last agency; it oversees those of rank 1 to this one."""

ROWS = """
CREATE TEMP TABLE bench_agency AS
  SELECT rank, md5('agency' || rank)::uuid AS id FROM generate_series(1, %(agencies)s) rank;
SELECT setseed(0.42);
CREATE TEMP TABLE bench_row AS
  SELECT n, md5('agreement' || n)::uuid AS id,
    width_bucket(random(), %(steps)s::float8[]) + 1 AS lead, width_bucket(random(), %(steps)s::float8[]) + 1 AS second,
    CASE WHEN random() < 0.45 THEN width_bucket(random(), %(steps)s::float8[]) + 1 END AS third,
    random() AS lot, random() AS held, %(today)s::date + (random() * 2200 - 1100)::int AS last,
    %(today)s::date + (random() * 700 - 40)::int AS review,
    %(today)s::timestamptz - random() * interval '60 days' AS since
  FROM generate_series(1, %(size)s) n;
UPDATE bench_row SET second = second %% (%(agencies)s - 1) + 1 WHERE second = lead;
UPDATE bench_row SET second = lead %% (%(agencies)s - 1) + 1 WHERE second = lead;
UPDATE bench_row SET third = NULL WHERE third IN (lead, second);
ALTER TABLE bench_row ADD PRIMARY KEY (n);
ANALYZE bench_row;
"""

LOG = """
CREATE FUNCTION pg_temp.body(action text, stream uuid, facts json) RETURNS bytea LANGUAGE sql AS $$
  SELECT convert_to('{"action":"' || action || '","actor":{"agency":null,"id":null,"label":"Concordat"},'
    '"changes":[],"facts":' || facts || ',"private_to":null,"request":{},"salt":"' || md5(stream::text) || '","stream":"'
    || stream || '","stream_number":1,"stream_prev":"' || repeat('0', 64) || '","v":1}', 'UTF8') $$;
INSERT INTO audit_event (id, stream, number, action, actor, actor_label, agency, private_to, at, body, leaf, transaction)
  SELECT rank, id, 1, 'agency.registered', NULL, 'Concordat', id, NULL, %(today)s, b.body,
    sha256('\\x00'::bytea || b.body), 1
  FROM bench_agency CROSS JOIN LATERAL pg_temp.body('agency.registered', id, '{}') b(body);
INSERT INTO audit_event (id, stream, number, action, actor, actor_label, agency, private_to, at, body, leaf, transaction)
  SELECT %(agencies)s + n, id, 1, 'agreement.drafted', NULL, 'Concordat', NULL, NULL, since, b.body,
    sha256('\\x00'::bytea || b.body), 1
  FROM bench_row CROSS JOIN LATERAL pg_temp.body('agreement.drafted', id, json_build_object('reference', 'B-' || n,
    'title', 'Exchange', 'lead', 'Agency', 'partners', '[]'::json)) b(body);
INSERT INTO audit_stream (id, size, prev, leaf) SELECT stream, 1, decode(repeat('0', 64), 'hex'), leaf FROM audit_event;
INSERT INTO audit_entry (seq, event_id, leaf) SELECT id, id, leaf FROM audit_event;
UPDATE audit_head SET size = %(agencies)s + %(size)s, settled = %(agencies)s + %(size)s;
SELECT setval('audit_event_id_seq', %(agencies)s + %(size)s);
"""

REGION = """
INSERT INTO agencies_agency (id, name, short_name, slug, kind, jurisdiction, legal_name, ori, cj_status, email_domains,
    timezone, fiscal_year_start, address, phone, website, approvals_required, reminders, governing_body,
    governing_body_approves, privacy_officer, active, last_event_id)
  SELECT id, 'Agency ' || rank, 'Agency ' || rank, 'agency-' || rank,
    CASE WHEN rank = %(agencies)s THEN 'oversight' ELSE 'police' END, 'Franklin', 'City ' || rank, '', 'CJA', '{}',
    'UTC', 1, rank || ' Main Street', '', '', 1, '{}', '', false, '', true, rank FROM bench_agency;
INSERT INTO agencies_oversight (id, since, until, agency_id, body_id, last_event_id)
  SELECT md5('oversight' || rank)::uuid, %(today)s::date - 900, NULL, id, md5('agency' || %(agencies)s)::uuid, rank
  FROM bench_agency WHERE rank <= %(overseen)s;
"""

AGREEMENTS = """
INSERT INTO agreements_agreement (id, reference, title, kind, binding, template, source_name, provenance, stage, turn_id, turn_since,
    shared_at, jurisdiction, governing_law, timezone, categories, annexes, drafted_at, executed_at, effective_on, last_day,
    notice_due_on, review_due_on, ended_on, ended_how, lead_id, last_event_id)
  SELECT r.id, 'B-' || r.n, (ARRAY['Exchange of case records', 'Plate reader sharing', 'School resource officers',
      'Dispatch records', 'Jail booking records', 'Warrants and dispositions'])[r.n %% 6 + 1] || ' ' || r.n,
    (ARRAY['IEA', 'DSA', 'MOU', 'IEA', 'IEA', 'MOA'])[r.n %% 6 + 1], 'binding', '', '', 'here', s.stage,
    CASE WHEN s.stage = 'draft' THEN lead.id WHEN s.stage = 'negotiation' AND r.held < 0.5 THEN lead.id
      WHEN s.stage = 'negotiation' THEN second.id END,
    r.since, CASE WHEN s.stage <> 'draft' THEN r.since END, 'Franklin', '', 'UTC',
    (ARRAY['{CHRI,CJI}', '{alpr_scan}', '{education_record}', '{CJI}', '{CJI}', '{incident}']::text[])[r.n %% 6 + 1]::text[],
    '{}', r.since, CASE WHEN s.done THEN r.since END, CASE WHEN s.done THEN r.last - 1100 END,
    CASE WHEN s.done AND r.held > 0.1 THEN r.last END, CASE WHEN s.done AND r.held > 0.1 THEN r.last - 30 END,
    CASE WHEN s.done THEN r.review END, CASE WHEN s.stage = 'ended' THEN least(r.last, %(today)s::date - r.n %% 900) END,
    CASE WHEN s.stage = 'ended' THEN 'terminated' ELSE '' END, lead.id, %(agencies)s + r.n
  FROM bench_row r JOIN bench_agency lead ON lead.rank = r.lead JOIN bench_agency second ON second.rank = r.second
  CROSS JOIN LATERAL (SELECT CASE WHEN r.lot < 0.70 THEN 'executed' WHEN r.lot < 0.83 THEN 'ended'
      WHEN r.lot < 0.86 THEN 'draft' WHEN r.lot < 0.91 THEN 'negotiation' WHEN r.lot < 0.93 THEN 'approval'
      WHEN r.lot < 0.95 THEN 'signing' WHEN r.lot < 0.97 THEN 'declined' ELSE 'abandoned' END AS stage,
      r.lot < 0.83 AS done) s ORDER BY r.n;
INSERT INTO agreements_party (id, position, roles, legal_name, cj_status, ori, legal_authority, notice_days,
    notice_address, notice_email, contact_name, contact_title, contact_email, other_contacts, deemed_receipt,
    withdrawal_rule, renewal_right, signatory_name, signatory_title, deputy_name, deputy_title, signing_order, agency_id, agreement_id, last_event_id)
  SELECT md5('party' || r.n || ' ' || seat.place)::uuid, seat.place, '{provider,recipient}', 'City ' || seat.rank, 'CJA', '',
    '', 30, '', '', '', '', '', '{}', 'same_day', 'any_time', false, '', '', '', '', 1, a.id, r.id, %(agencies)s + r.n
  FROM bench_row r CROSS JOIN LATERAL (VALUES (1, r.lead), (2, r.second), (3, r.third)) AS seat(place, rank)
  JOIN bench_agency a ON a.rank = seat.rank ORDER BY r.n, seat.place;
INSERT INTO agreements_term (id, effective_rule, kind, months, renewal, closeout, survival, conditions_precedent,
    notice_base, business_days, suspension_stops_clock, agreement_id, last_event_id)
  SELECT md5('term' || n)::uuid, 'last_signature', 'months', 36, 'mutual_written', 'either', '', '', 'expiry', true, false, id, %(agencies)s + n FROM bench_row;
INSERT INTO agreements_version (id, number, canonical, sha256, reason, note, made_at, agreement_id, last_event_id,
    made_by_id, made_by_agency_id)
  SELECT md5('version' || v.n)::uuid, 1, '{}', encode(sha256('{}'), 'hex'), 'share', '', v.since, v.id, %(agencies)s + v.n,
    %(person)s, a.id FROM bench_row v JOIN bench_agency a ON a.rank = v.lead WHERE v.lot < 0.83 OR v.lot >= 0.86;
"""

ACCESS = """
WITH seated AS (
  SELECT p.agreement_id, p.agency_id FROM agreements_party p JOIN agreements_agreement a ON a.id = p.agreement_id
  WHERE a.shared_at IS NOT NULL OR p.agency_id = a.lead_id
), expected AS (
  SELECT agreement_id, agency_id AS principal, 'infinity'::date AS until FROM seated
  UNION ALL
  SELECT s.agreement_id, agreements_oversight_principal(o.body_id), coalesce(o.until, 'infinity'::date)
    FROM agencies_oversight o JOIN seated s ON s.agency_id = o.agency_id
  UNION ALL
  SELECT content_object_id, user_id, coalesce(until, 'infinity'::date) FROM agreements_agreementuserobjectpermission
)
INSERT INTO agreements_access (principal, agreement_id, sort_on, until)
  SELECT e.principal, e.agreement_id, min(coalesce(least(a.last_day, a.ended_on), a.review_due_on, '9999-12-31')),
    nullif(max(e.until), 'infinity'::date)
  FROM expected e JOIN agreements_agreement a ON a.id = e.agreement_id GROUP BY 1, 2;
"""
"""What agreements_refresh_access (migration 0002) makes for one agreement, for all of them; a test compares."""

DEADLINES = """
INSERT INTO agreements_deadline (agency, agreement_id, what, due_on, owner, settled, leads, endless)
  SELECT d.agency, d.agreement_id, d.what, d.due_on, d.owner, d.settled, d.leads, d.endless
    FROM agreements_agreement a CROSS JOIN LATERAL agreements_deadlines(a.id) d WHERE a.stage = 'executed';
"""
"""What agreements_refresh_deadlines makes for one agreement, for all of them; a test compares."""

WORDS = """
INSERT INTO agreements_searchentry (agreement_id, words, tsv)
  SELECT a.id, w.words, w.words || array_to_tsvector((SELECT coalesce(array_agg('zp' || replace(x.principal::text, '-', '')), '{}')
    FROM agreements_access x WHERE x.agreement_id = a.id))
  FROM agreements_agreement a CROSS JOIN LATERAL (SELECT setweight(to_tsvector('english', a.reference || ' ' || a.title), 'A')
    || setweight(to_tsvector('english', 'retention logging encryption audit training incident purpose ' || a.kind || ' '
    || array_to_string(a.categories, ' ')), 'B') AS words) w;
"""


def steps(agencies: int) -> list[float]:
    """The upper bounds of each agency's share of a lot between 0 and 1 (Zipf; the last is an oversight body)."""
    weights = [1 / rank for rank in range(1, agencies)]
    total = sum(weights)
    return [bound / total for bound in accumulate(weights)][:-1]


def fill(cursor: Any, *, size: int, person: str, today: date, agencies: int = AGENCIES) -> None:
    """Fill an empty, migrated database with `size` agreements, in the cursor's transaction.

    `person` is the id of whoever made the versions. Needs a superuser: triggers are off for this session only.
    """
    facts = {
        "size": size, "agencies": agencies, "overseen": min(OVERSEEN, agencies - 1), "person": person, "today": today,
        "steps": steps(agencies),
    }  # fmt: skip
    cursor.execute("SET LOCAL session_replication_role = replica; SET LOCAL statement_timeout = 0")
    for part in (ROWS, LOG, REGION, AGREEMENTS, ACCESS, DEADLINES, WORDS):
        cursor.execute(part, facts if "%(" in part else None)
    cursor.execute("DROP TABLE bench_row, bench_agency; SET LOCAL session_replication_role = origin")
