"""An agency with a million events, for measuring exports: 20,000 agreements, 50 events each, 25 people, real words."""

from typing import Any
from uuid import UUID

EACH = 50

EVENTS = """
CREATE TEMP TABLE bench_kind (place int PRIMARY KEY, action text, changes text, facts text);
INSERT INTO bench_kind VALUES
 (0, 'agreement.edited', '[{"fields":{"title":["Exchange of case records","Exchange of case and custody records"]},"label":"IEA-2026-0%%1$s Exchange of case records","object":"agreements.agreement:%%2$s"}]', '{"fields":["title"]}'),
 (1, 'provision.edited', '[{"fields":{"text":["Records are kept for three years and then destroyed.","Records are kept for five years and then destroyed, unless a court orders otherwise."]},"label":"Retention","object":"agreements.provision:%%2$s"}]', '{"fields":["text"],"label":"Retention"}'),
 (2, 'comment.made', '[]', '{"text":"Our counsel asks that \\u00a7 4 name the contact for requests under the records act no. %%1$s."}'),
 (3, 'agreement.shared', '[{"fields":{"stage":["draft","negotiation"],"turn_id":[null,"%%2$s"]},"label":"IEA-2026-0%%1$s Exchange of case records","object":"agreements.agreement:%%2$s"}]', '{"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","to":"Mesa District Attorney","version":3}'),
 (4, 'document.downloaded', '[]', '{"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}');
INSERT INTO audit_event (id, stream, number, action, actor, actor_label, agency, private_to, at, body, leaf, transaction)
  SELECT %(base)s + e.n, e.stream, (e.n - 1) / %(streams)s + 1, k.action, e.actor, e.label, %(agency)s, e.private, e.at, b.body,
    sha256('\\x00'::bytea || b.body), 1
  FROM (SELECT n, md5('agreement' || (n - 1) %% %(streams)s + 1)::uuid AS stream, md5('person' || n %% 25)::uuid AS actor,
      'Person No. ' || n %% 25 || ' (Detective Lieutenant, City of Riverton Police)' AS label,
      CASE WHEN n %% 40 = 7 THEN md5('other')::uuid END AS private,
      '2026-01-05 09:00:00+00'::timestamptz + n * interval '24.123457 seconds' AS at
    FROM generate_series(1, %(size)s) n) e
  JOIN bench_kind k ON k.place = e.n / 3 %% 5
  CROSS JOIN LATERAL (SELECT convert_to('{"action":"' || k.action || '","actor":{"agency":"' || %(agency)s || '","id":"' || e.actor
    || '","label":"' || e.label || '"},"at":"' || to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    || '","changes":' || format(k.changes, e.n %% 1000, e.stream) || ',"facts":' || format(k.facts, e.n %% 1000)
    || ',"private_to":' || coalesce('"' || e.private || '"', 'null') || ',"request":{"authentication":"password, totp","id":"' || md5('r' || e.n)
    || '","ip":"192.0.2.17"},"salt":"' || md5('s' || e.n) || '","stream":"' || e.stream || '","stream_number":'
    || (e.n - 1) / %(streams)s + 1 || ',"stream_prev":"' || md5('p' || e.n) || md5('q' || e.n) || '","v":1}', 'UTF8') AS body) b;
INSERT INTO audit_stream (id, size, prev, leaf)
  SELECT DISTINCT ON (stream) stream, number, '\\x00', leaf FROM audit_event WHERE id > %(base)s ORDER BY stream, number DESC;
INSERT INTO audit_entry (seq, event_id, leaf) SELECT id, id, leaf FROM audit_event WHERE id > %(base)s ORDER BY id;
INSERT INTO agreements_access (principal, agreement_id, sort_on, until)
  SELECT %(agency)s, md5('agreement' || n)::uuid, '2027-01-01', NULL FROM generate_series(1, %(streams)s) n;
UPDATE audit_head SET size = %(base)s + %(size)s, settled = %(base)s + %(size)s, drawn = %(base)s + %(size)s;
SELECT setval('audit_event_id_seq', %(base)s + %(size)s);
"""


def fill(cursor: Any, *, size: int, agency: UUID) -> None:
    """Add to a scratch database all of whose events have their places; triggers are off meanwhile.

    Ids and places must be the same so far, as they are where nothing was ever rolled back.
    """
    cursor.execute("SET LOCAL session_replication_role = replica; SET LOCAL statement_timeout = 0")
    cursor.execute("SELECT size FROM audit_head")
    base = cursor.fetchone()[0]
    facts = {"base": base, "size": size, "agency": str(agency), "streams": max(1, size // EACH)}
    cursor.execute(EVENTS, facts)
