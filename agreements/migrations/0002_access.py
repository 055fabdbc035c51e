"""Two tables keep themselves: who sees an agreement follows from its parties, oversight and grants; what its parties
must decide and by when from its dates and their decisions."""

from django.db import migrations

REFRESH = """
CREATE OR REPLACE FUNCTION agreements_oversight_principal(body uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$ SELECT md5('oversight:' || body::text)::uuid $$;

CREATE OR REPLACE FUNCTION agreements_refresh_access(wanted uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  sort date;
BEGIN
  SELECT coalesce(least(last_day, ended_on), review_due_on, '9999-12-31')
    INTO sort FROM agreements_agreement WHERE id = wanted;
  WITH seated AS (
    SELECT p.agency_id FROM agreements_party p JOIN agreements_agreement a ON a.id = p.agreement_id
    WHERE p.agreement_id = wanted AND (a.shared_at IS NOT NULL OR p.agency_id = a.lead_id)
  ), expected AS (
    SELECT agency_id AS principal, 'infinity'::date AS until FROM seated
    UNION ALL
    SELECT agreements_oversight_principal(o.body_id), coalesce(o.until, 'infinity'::date)
      FROM agencies_oversight o JOIN seated s ON s.agency_id = o.agency_id
    UNION ALL
    SELECT g.user_id, coalesce(g.until, 'infinity'::date)
      FROM agreements_agreementuserobjectpermission g WHERE g.content_object_id = wanted
  ), merged AS (
    SELECT principal, nullif(max(until), 'infinity'::date) AS until FROM expected GROUP BY principal
  ), gone AS (
    DELETE FROM agreements_access x WHERE x.agreement_id = wanted
      AND NOT EXISTS (SELECT 1 FROM merged m WHERE m.principal = x.principal)
  )
  INSERT INTO agreements_access (principal, agreement_id, sort_on, until)
    SELECT principal, wanted, sort, until FROM merged
    ON CONFLICT (principal, agreement_id) DO UPDATE SET sort_on = EXCLUDED.sort_on, until = EXCLUDED.until
    WHERE (agreements_access.sort_on, agreements_access.until)
          IS DISTINCT FROM (EXCLUDED.sort_on, EXCLUDED.until);
  UPDATE agreements_searchentry s SET tsv = n.tsv FROM (
      SELECT e.words || array_to_tsvector(
        (SELECT coalesce(array_agg('zp' || replace(x.principal::text, '-', '')), '{}')
           FROM agreements_access x WHERE x.agreement_id = wanted)) AS tsv
      FROM agreements_searchentry e WHERE e.agreement_id = wanted) n
    WHERE s.agreement_id = wanted AND s.tsv <> n.tsv;
END $$;

CREATE OR REPLACE FUNCTION agreements_access_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'agreements_agreement' THEN
    PERFORM agreements_refresh_access(NEW.id);
  ELSIF TG_TABLE_NAME = 'agreements_party' THEN
    PERFORM agreements_refresh_access(NEW.agreement_id);
  ELSIF TG_TABLE_NAME = 'agencies_oversight' THEN
    PERFORM agreements_refresh_access(p.agreement_id) FROM agreements_party p WHERE p.agency_id = NEW.agency_id;
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM agreements_refresh_access(OLD.content_object_id);
  ELSE
    PERFORM agreements_refresh_access(NEW.content_object_id);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER access_of_agreement AFTER INSERT OR UPDATE OF lead_id, shared_at, last_day, ended_on, review_due_on
  ON agreements_agreement FOR EACH ROW EXECUTE FUNCTION agreements_access_changed();
CREATE TRIGGER access_of_party AFTER INSERT OR UPDATE OF agency_id
  ON agreements_party FOR EACH ROW EXECUTE FUNCTION agreements_access_changed();
CREATE TRIGGER access_of_oversight AFTER INSERT OR UPDATE
  ON agencies_oversight FOR EACH ROW EXECUTE FUNCTION agreements_access_changed();
CREATE TRIGGER access_of_grant AFTER INSERT OR UPDATE OR DELETE
  ON agreements_agreementuserobjectpermission FOR EACH ROW EXECUTE FUNCTION agreements_access_changed();
"""

DEADLINES = """
CREATE OR REPLACE FUNCTION agreements_deadlines(wanted uuid) RETURNS TABLE (agency uuid, agreement_id uuid, what text,
    due_on date, owner uuid, settled boolean, leads boolean, endless boolean)
LANGUAGE sql STABLE AS $$
  WITH found AS (
    SELECT p.agency_id, a.id, w.what, w.due_on, p.owner_id, a.last_day IS NULL AS endless,
      CASE WHEN w.what = 'renewed' OR d.made_on IS NULL OR d.made_on < w.due_on - 180 THEN false
           ELSE w.what <> 'review' OR d.outcome IN ('lapse', 'terminate') END AS settled
    FROM agreements_agreement a JOIN agreements_party p ON p.agreement_id = a.id AND p.left_on IS NULL
    CROSS JOIN LATERAL (VALUES ('last_day', a.last_day), ('notice', a.notice_due_on), ('review', a.review_due_on),
      ('renewed', a.unreviewed_on)) w (what, due_on)
    LEFT JOIN LATERAL (SELECT r.made_on, r.outcome FROM agreements_review r
      WHERE r.agreement_id = a.id AND r.agency_id = p.agency_id ORDER BY r.made_at DESC LIMIT 1) d ON true
    WHERE a.id = wanted AND a.stage = 'executed' AND a.ended_on IS NULL AND w.due_on IS NOT NULL
      AND (a.shared_at IS NOT NULL OR p.agency_id = a.lead_id))
  SELECT f.agency_id, f.id, f.what, f.due_on, f.owner_id, f.settled, NOT f.settled AND row_number()
      OVER (PARTITION BY f.agency_id ORDER BY f.settled, f.what <> 'renewed', f.due_on, f.what) = 1, f.endless
  FROM found f $$;

CREATE OR REPLACE FUNCTION agreements_refresh_deadlines(wanted uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM agreements_deadline d WHERE d.agreement_id = wanted AND NOT EXISTS (
    SELECT FROM agreements_deadlines(wanted) n WHERE n.agency = d.agency AND n.what = d.what);
  INSERT INTO agreements_deadline AS d (agency, agreement_id, what, due_on, owner, settled, leads, endless)
    SELECT n.agency, n.agreement_id, n.what, n.due_on, n.owner, n.settled, n.leads, n.endless
      FROM agreements_deadlines(wanted) n
    ON CONFLICT (agreement_id, agency, what) DO UPDATE SET due_on = EXCLUDED.due_on, owner = EXCLUDED.owner,
      settled = EXCLUDED.settled, leads = EXCLUDED.leads, endless = EXCLUDED.endless
    WHERE (d.due_on, d.owner, d.settled, d.leads, d.endless) IS DISTINCT FROM
      (EXCLUDED.due_on, EXCLUDED.owner, EXCLUDED.settled, EXCLUDED.leads, EXCLUDED.endless);
END $$;

CREATE OR REPLACE FUNCTION agreements_deadlines_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'agreements_agreement' THEN
    PERFORM agreements_refresh_deadlines(NEW.id);
  ELSE
    PERFORM agreements_refresh_deadlines(NEW.agreement_id);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER deadlines_of_new AFTER INSERT ON agreements_agreement FOR EACH ROW WHEN (NEW.stage = 'executed')
  EXECUTE FUNCTION agreements_deadlines_changed();
CREATE TRIGGER deadlines_of_agreement AFTER UPDATE ON agreements_agreement FOR EACH ROW
  WHEN ((OLD.stage, OLD.ended_on, OLD.last_day, OLD.notice_due_on, OLD.review_due_on, OLD.unreviewed_on, OLD.shared_at,
    OLD.lead_id) IS DISTINCT FROM (NEW.stage, NEW.ended_on, NEW.last_day, NEW.notice_due_on, NEW.review_due_on,
    NEW.unreviewed_on, NEW.shared_at, NEW.lead_id))
  EXECUTE FUNCTION agreements_deadlines_changed();
CREATE TRIGGER deadlines_of_new_party AFTER INSERT ON agreements_party FOR EACH ROW
  EXECUTE FUNCTION agreements_deadlines_changed();
CREATE TRIGGER deadlines_of_party AFTER UPDATE ON agreements_party FOR EACH ROW
  WHEN ((OLD.agency_id, OLD.left_on, OLD.owner_id) IS DISTINCT FROM (NEW.agency_id, NEW.left_on, NEW.owner_id))
  EXECUTE FUNCTION agreements_deadlines_changed();
CREATE TRIGGER deadlines_of_review AFTER INSERT ON agreements_review FOR EACH ROW
  EXECUTE FUNCTION agreements_deadlines_changed();
"""

UNDO_DEADLINES = """
DROP TRIGGER deadlines_of_new ON agreements_agreement;
DROP TRIGGER deadlines_of_agreement ON agreements_agreement;
DROP TRIGGER deadlines_of_new_party ON agreements_party;
DROP TRIGGER deadlines_of_party ON agreements_party;
DROP TRIGGER deadlines_of_review ON agreements_review;
DROP FUNCTION agreements_deadlines_changed();
DROP FUNCTION agreements_refresh_deadlines(uuid);
DROP FUNCTION agreements_deadlines(uuid);
"""

UNDO = """
DROP TRIGGER access_of_agreement ON agreements_agreement;
DROP TRIGGER access_of_party ON agreements_party;
DROP TRIGGER access_of_oversight ON agencies_oversight;
DROP TRIGGER access_of_grant ON agreements_agreementuserobjectpermission;
DROP FUNCTION agreements_access_changed();
DROP FUNCTION agreements_refresh_access(uuid);
DROP FUNCTION agreements_oversight_principal(uuid);
"""

LOOK = """
CREATE OR REPLACE FUNCTION agreements_duties_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wanted uuid;
BEGIN
  IF TG_TABLE_NAME = 'agreements_agreement' THEN
    IF NEW.stage NOT IN ('executed', 'ended', 'abandoned') THEN
      RETURN NULL;
    END IF;
    wanted := NEW.id;
  ELSIF TG_TABLE_NAME = 'agreements_amendment' THEN
    wanted := NEW.amends_id;
  ELSE
    wanted := NEW.agreement_id;
  END IF;
  INSERT INTO agreements_dutyclock (agreement_id, next_on) VALUES (wanted, '0001-01-01')
    ON CONFLICT (agreement_id) DO UPDATE SET next_on = EXCLUDED.next_on;
  RETURN NULL;
END $$;

CREATE TRIGGER duties_of_agreement AFTER INSERT OR UPDATE OF stage, effective_on, last_day, renews_until, ended_on
  ON agreements_agreement FOR EACH ROW EXECUTE FUNCTION agreements_duties_changed();
CREATE TRIGGER duties_of_party AFTER UPDATE OF left_on
  ON agreements_party FOR EACH ROW EXECUTE FUNCTION agreements_duties_changed();
CREATE TRIGGER duties_of_amendment AFTER UPDATE OF effective_on
  ON agreements_amendment FOR EACH ROW EXECUTE FUNCTION agreements_duties_changed();
CREATE TRIGGER duties_of_filing AFTER INSERT OR UPDATE OF withdrawn_at
  ON agreements_filing FOR EACH ROW EXECUTE FUNCTION agreements_duties_changed();
"""
"""Whatever moves what the parties owe has the next sweep look at the agreement."""

DO_NOT_LOOK = """
DROP TRIGGER duties_of_agreement ON agreements_agreement;
DROP TRIGGER duties_of_party ON agreements_party;
DROP TRIGGER duties_of_amendment ON agreements_amendment;
DROP TRIGGER duties_of_filing ON agreements_filing;
DROP FUNCTION agreements_duties_changed();
"""


class Migration(migrations.Migration):
    """Install the functions and triggers behind access, the board's deadlines and the clock of duties."""

    dependencies = [("agreements", "0001_initial"), ("agencies", "0001_initial")]

    operations = [
        migrations.RunSQL(REFRESH, UNDO), migrations.RunSQL(DEADLINES, UNDO_DEADLINES), migrations.RunSQL(LOOK, DO_NOT_LOOK)
    ]  # fmt: skip
