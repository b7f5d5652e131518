-- One row for each Idempotency-Key: who is working on it, and what was answered.
create table idempotency_key (
  caller text not null,
  route text not null,
  key text not null,
  -- sha256 of the request as parsed, to tell a repetition from another request under the same key
  fingerprint bytea not null,
  -- id of what the request makes: chosen once, so that whoever takes over after a crash makes the same thing
  resource_id uuid not null,
  -- whose claim it is: changes with every take-over, so that a late first worker cannot answer any more
  claim_id uuid not null,
  -- until then the first request is in flight: working, or with its answer stored and not sent yet; null: it is not
  claimed_until timestamptz,
  expires_at timestamptz not null,
  status smallint,
  -- json, not jsonb: a replay answers with the fields in their first order
  body json,
  location text,
  primary key (caller, route, key)
);

-- for the sweep of what may be forgotten
create index idempotency_key_expires_at on idempotency_key (expires_at);
