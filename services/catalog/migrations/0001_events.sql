-- An event without published_at is a draft: inventory may not have its capacity yet, so no list shows it.
CREATE TABLE event (
  event_id uuid PRIMARY KEY,
  organiser_id uuid, -- null: seeded from the fixtures
  name text NOT NULL,
  starts_at timestamptz NOT NULL,
  on_sale_at timestamptz NOT NULL,
  venue_name text NOT NULL,
  city text NOT NULL,
  country_code text NOT NULL,
  local_date date NOT NULL, -- of starts_at, on the venue's clock
  admit_per_second integer, -- null: no waiting room
  created_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
);

CREATE INDEX event_published ON event (starts_at, event_id) WHERE published_at IS NOT NULL;
CREATE INDEX event_draft ON event (created_at) WHERE published_at IS NULL;

CREATE TABLE event_category (
  event_id uuid NOT NULL REFERENCES event,
  category text NOT NULL,
  capacity integer NOT NULL CHECK (capacity BETWEEN 1 AND 100000),
  price_amount integer NOT NULL CHECK (price_amount BETWEEN 0 AND 100000000), -- minor units
  price_currency text NOT NULL,
  PRIMARY KEY (event_id, category)
);

-- One row once the fixtures are in, so that two replicas that start together seed once.
CREATE TABLE seeding (
  source text PRIMARY KEY,
  seeded_at timestamptz NOT NULL DEFAULT now()
);
