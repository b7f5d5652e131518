-- The addresses of buyers; no other service has them, and no event but the buyer's own carries one. A row without an
-- address is a buyer who was told about before he was introduced.
CREATE TABLE buyer (
  buyer_id uuid PRIMARY KEY,
  email text,
  learnt_at timestamptz
);

-- One row an order that ended: the key is the promise "told once".
CREATE TABLE mail (
  order_id uuid PRIMARY KEY,
  mail_id uuid NOT NULL UNIQUE, -- id of the event that it tells of: the Message-ID of a real sender, so that a repeat is recognised
  buyer_id uuid NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  address text, -- missing while the buyer's is not known
  delivered_at timestamptz,
  CHECK ((address IS NULL) = (delivered_at IS NULL))
);
CREATE INDEX mail_waiting ON mail (buyer_id) WHERE delivered_at IS NULL;

CREATE SCHEMA audit;
CREATE VIEW audit.expected AS
  SELECT consumer, topic FROM (VALUES ('notifications.orders', 'stampede.orders'), ('notifications.buyers',
    'stampede.buyers')) AS row (consumer, topic);
CREATE VIEW audit.applied_events AS
  SELECT consumer, event_id, subject::uuid AS order_id, sequence, applied_at FROM inbox
    WHERE consumer = 'notifications.orders';
CREATE VIEW audit.parked_events AS
  SELECT consumer, (event->>'id')::uuid AS event_id, subject::uuid AS order_id, sequence, parked_at
  FROM inbox_parked WHERE consumer = 'notifications.orders';

DO $$ BEGIN CREATE ROLE stampede_audit LOGIN;
-- insufficient_privilege: somebody who may make roles has made it
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
END $$;
GRANT USAGE ON SCHEMA audit TO stampede_audit;
GRANT SELECT ON ALL TABLES IN SCHEMA audit TO stampede_audit;
