-- What organisers use, once: the key is the id of the event on the bus, so that no delivery counts twice.
CREATE TABLE usage_event (
  usage_id uuid PRIMARY KEY,
  meter_subject uuid NOT NULL, -- the match: no order event says who organises it
  order_id uuid NOT NULL UNIQUE, -- an order is used once, also should orders ever say otherwise
  tickets integer NOT NULL CHECK (tickets > 0),
  revenue bigint NOT NULL CHECK (revenue >= 0), -- minor units
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  occurred_at timestamptz NOT NULL,
  metered_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX usage_event_subject ON usage_event (meter_subject, usage_id);

-- An invoice may rest on it: what was metered stays as it was, whoever asks.
CREATE FUNCTION refuse_change_of_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'usage % was metered and stays so', OLD.usage_id;
END $$;
CREATE TRIGGER usage_event_immutable BEFORE UPDATE OR DELETE ON usage_event FOR EACH ROW
  EXECUTE FUNCTION refuse_change_of_usage();

CREATE SCHEMA audit;
CREATE VIEW audit.expected AS SELECT 'billing.orders' AS consumer, 'stampede.orders' AS topic;
CREATE VIEW audit.applied_events AS
  SELECT consumer, event_id, subject::uuid AS order_id, sequence, applied_at FROM inbox
    WHERE consumer = 'billing.orders';
CREATE VIEW audit.parked_events AS
  SELECT consumer, (event->>'id')::uuid AS event_id, subject::uuid AS order_id, sequence, parked_at
  FROM inbox_parked WHERE consumer = 'billing.orders';

DO $$ BEGIN CREATE ROLE stampede_audit LOGIN;
-- insufficient_privilege: somebody who may make roles has made it
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
END $$;
GRANT USAGE ON SCHEMA audit TO stampede_audit;
GRANT SELECT ON ALL TABLES IN SCHEMA audit TO stampede_audit;
