CREATE TABLE placed_order (
  order_id uuid PRIMARY KEY,
  buyer_id uuid NOT NULL,
  event_id uuid NOT NULL,
  hold_id uuid NOT NULL UNIQUE, -- one order a hold, also should inventory ever say otherwise
  category text NOT NULL,
  seats jsonb NOT NULL,
  total bigint NOT NULL CHECK (total >= 0), -- minor units
  currency text NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'confirmed', 'declined', 'cancelled',
    'refunded')),
  failure_code text,
  failure_detail text,
  timeline jsonb NOT NULL,
  version integer NOT NULL DEFAULT 1, -- rises with every change: the id of its stream's events
  placed_at timestamptz NOT NULL DEFAULT now(),
  deadline_at timestamptz NOT NULL,
  ended_at timestamptz,
  CHECK ((status = 'pending') = (ended_at IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX placed_order_buyer ON placed_order (buyer_id, order_id DESC);

-- A terminal state never changes, whoever asks.
CREATE FUNCTION refuse_change_of_ended_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> 'pending' AND NEW.status <> OLD.status THEN
    RAISE EXCEPTION 'order % is % and stays so', OLD.order_id, OLD.status;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER placed_order_ended BEFORE UPDATE ON placed_order FOR EACH ROW
  EXECUTE FUNCTION refuse_change_of_ended_order();

CREATE TABLE ticket (
  ticket_id uuid PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES placed_order,
  seat_no integer NOT NULL, -- place of the seat in the order
  code text NOT NULL UNIQUE,
  UNIQUE (order_id, seat_no)
);

CREATE SCHEMA audit;
CREATE VIEW audit.orders AS
  SELECT order_id, buyer_id, event_id, hold_id, status, category, jsonb_array_length(seats) AS quantity, total,
    currency,
    placed_at, deadline_at, ended_at
  FROM placed_order;
CREATE VIEW audit.order_seats AS
  SELECT order_id, event_id, category, status, seat->>'section' AS section, seat->>'row' AS "row",
    (seat->>'number')::integer AS number
  FROM placed_order, jsonb_array_elements(seats) AS seat;
CREATE VIEW audit.order_events AS
  SELECT id AS event_id, subject::uuid AS order_id, sequence, type, created_at, published_at
  FROM outbox WHERE topic = 'stampede.orders';

-- On a managed server the role is somebody else's to make.
DO $$ BEGIN CREATE ROLE stampede_audit LOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL; END $$;
GRANT USAGE ON SCHEMA audit TO stampede_audit;
GRANT SELECT ON ALL TABLES IN SCHEMA audit TO stampede_audit;
