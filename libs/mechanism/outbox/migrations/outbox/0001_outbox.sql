-- The last sequence given out per subject. Its row is locked from the append to the commit, so the events of one
-- subject commit in the order of their numbers and without gaps. Kept for good: a number is never given twice.
create table outbox_subject (
  topic text not null,
  subject text not null,
  last_sequence bigint not null,
  primary key (topic, subject)
);

create table outbox (
  topic text not null,
  subject text not null,
  sequence bigint not null,
  -- In the order of appending within a subject (taken under the subject's lock); across subjects it means nothing.
  position bigint generated always as identity,
  id uuid not null,
  type text not null,
  source text not null,
  dataversion text not null,
  data jsonb not null,
  -- W3C trace context of the transaction that appended, so that a consumer's span finds its parent.
  traceparent text,
  -- Subjects are spread over buckets, buckets over the relay's shards.
  bucket smallint not null,
  created_at timestamptz not null default clock_timestamp(),
  -- Set once the bus has it durably. Whatever is null is still owed: a row that commits late is found by this, not by
  -- its position.
  published_at timestamptz,
  primary key (topic, subject, sequence)
);

-- What is owed, and nothing else: its size is the backlog's, not the table's.
create index outbox_unpublished on outbox (position) where published_at is null;
-- For the audit ("the last days") and the purge. Rows arrive in the order of time, so a block range index is enough.
create index outbox_created_at on outbox using brin (created_at) with (pages_per_range = 16, autosummarize = on);

-- Every row is updated once, soon after it was written: clean up before the scans notice.
alter table outbox set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1);
