-- One row an order: the lock under which attempts begin, and up to which attempt none may begin any more. A request
-- that was on its way while
-- its outcome was settled must not be carried out when it arrives.
CREATE TABLE payment (
  order_id uuid PRIMARY KEY,
  sealed_attempt integer NOT NULL DEFAULT 0
);

-- One row an attempt to capture. The row is there before the provider is called, so that no call is ever forgotten.
--   intent    it may have been sent: the provider must be asked before anything is repeated
--   unsent    it was certainly not sent: the same key may be used
--   captured, declined, refunded   as the provider said
--   never     the provider never captured it and never will under this key
CREATE TABLE capture (
  order_id uuid NOT NULL REFERENCES payment,
  attempt integer NOT NULL CHECK (attempt >= 1),
  key text NOT NULL UNIQUE, -- the provider's idempotency key
  status text NOT NULL CHECK (status IN ('intent', 'unsent', 'captured', 'declined', 'never', 'refunded')),
  amount bigint NOT NULL CHECK (amount >= 0), -- minor units
  currency text NOT NULL,
  decline_code text,
  in_flight_until timestamptz, -- somebody waits for the provider's answer: asking now would make a good capture void
  created_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  PRIMARY KEY (order_id, attempt)
);

-- C2, as far as this database can see.
CREATE UNIQUE INDEX capture_once ON capture (order_id) WHERE status IN ('captured', 'refunded');
-- A new attempt begins only when the one before is known to be void.
CREATE UNIQUE INDEX capture_open_once ON capture (order_id) WHERE status IN ('intent', 'unsent', 'captured',
  'declined', 'refunded');

CREATE SCHEMA audit;
CREATE VIEW audit.captures AS
  SELECT order_id, key, status, amount, currency, created_at FROM capture;

-- On a managed server the role is somebody else's to make.
DO $$ BEGIN CREATE ROLE stampede_audit LOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL; END $$;
GRANT USAGE ON SCHEMA audit TO stampede_audit;
GRANT SELECT ON ALL TABLES IN SCHEMA audit TO stampede_audit;
