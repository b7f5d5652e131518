-- A free seat needs no row: a category is cut into sections of 500 seats, and a section keeps its free seats as bits.
CREATE TABLE block (
  event_id uuid NOT NULL,
  category text NOT NULL,
  capacity integer NOT NULL CHECK (capacity BETWEEN 1 AND 100000),
  PRIMARY KEY (event_id, category)
);

-- Locked by whoever takes or frees seats in it. No index names free_masks, free_seats or longest_run, so that an update
-- stays in its page.
CREATE TABLE section (
  event_id uuid NOT NULL,
  category text NOT NULL,
  section_no integer NOT NULL,
  free_masks integer[] NOT NULL, -- one mask a row of 20 seats; bit n set: seat n of the row is free
  free_seats integer NOT NULL CHECK (free_seats >= 0),
  longest_run integer NOT NULL CHECK (longest_run BETWEEN 0 AND 20), -- of free seats side by side
  PRIMARY KEY (event_id, category, section_no),
  FOREIGN KEY (event_id, category) REFERENCES block
) WITH (fillfactor = 50);

--   held      until expires_at
--   claimed   by an order that was accepted; kept past expires_at of a mere hold, until the order's saga must have
-- ended
--   sold      for good, unless the order is undone
--   released, expired   its seats are free
CREATE TABLE hold (
  hold_id uuid PRIMARY KEY,
  event_id uuid NOT NULL,
  category text NOT NULL,
  buyer_id uuid NOT NULL,
  seat_indexes integer[] NOT NULL, -- within the category, from 0
  state text NOT NULL CHECK (state IN ('held', 'claimed', 'sold', 'released', 'expired')),
  order_id uuid,
  quote jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  CHECK (state NOT IN ('claimed', 'sold') OR order_id IS NOT NULL)
);
CREATE INDEX hold_expiry ON hold (expires_at) WHERE state IN ('held', 'claimed');
CREATE INDEX hold_taken ON hold (event_id, category) WHERE state IN ('held', 'claimed', 'sold');

-- Seats a buyer has of an event: held, in pending orders, and bought.
CREATE TABLE buyer_seats (
  event_id uuid NOT NULL,
  buyer_id uuid NOT NULL,
  seats integer NOT NULL CHECK (seats >= 0),
  PRIMARY KEY (event_id, buyer_id)
) WITH (fillfactor = 70);

CREATE SCHEMA audit;

-- Seats taken are counted from the holds, free ones from the bits: that they add up is checked, not assumed.
CREATE VIEW audit.blocks AS
  SELECT block.event_id, block.category, block.capacity,
    COALESCE(taken.sold, 0) AS sold, COALESCE(taken.held, 0) AS held, free.free
  FROM block
  JOIN LATERAL (
    SELECT sum((SELECT sum(bit_count(mask::bit(32))) FROM unnest(free_masks) AS mask))::integer AS free
    FROM section WHERE section.event_id = block.event_id AND section.category = block.category
  ) AS free ON true
  LEFT JOIN (
    SELECT event_id, category,
      sum(cardinality(seat_indexes)) FILTER (WHERE state = 'sold')::integer AS sold,
      sum(cardinality(seat_indexes)) FILTER (WHERE state <> 'sold')::integer AS held
    FROM hold WHERE state IN ('held', 'claimed', 'sold') GROUP BY event_id, category
  ) AS taken ON taken.event_id = block.event_id AND taken.category = block.category;

CREATE VIEW audit.taken_seats AS
  SELECT event_id, category, seat_index, hold_id, order_id, CASE state WHEN 'sold' THEN 'sold' ELSE 'held' END AS state
  FROM hold, unnest(seat_indexes) AS seat_index
  WHERE state IN ('held', 'claimed', 'sold');

-- On a managed server the role is somebody else's to make.
DO $$ BEGIN CREATE ROLE stampede_audit LOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL; END $$;
GRANT USAGE ON SCHEMA audit TO stampede_audit;
GRANT SELECT ON ALL TABLES IN SCHEMA audit TO stampede_audit;
