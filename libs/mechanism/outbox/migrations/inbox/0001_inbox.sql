-- How far a consumer has come with a subject. The row's lock makes two deliveries of one subject take turns.
create table inbox_subject (
  consumer text not null,
  subject text not null,
  last_sequence bigint not null,
  -- Events that came before their turn and wait in inbox_parked.
  parked integer not null default 0,
  primary key (consumer, subject)
);

-- One row an applied event, written in the transaction of its effect. The key is the promise "applied once".
create table inbox (
  consumer text not null,
  event_id uuid not null,
  subject text not null,
  sequence bigint not null,
  applied_at timestamptz not null default clock_timestamp(),
  primary key (consumer, subject, sequence)
);

-- For the audit ("the last days") and the purge.
create index inbox_applied_at on inbox using brin (applied_at) with (pages_per_range = 16, autosummarize = on);

create table inbox_parked (
  consumer text not null,
  subject text not null,
  sequence bigint not null,
  event jsonb not null,
  parked_at timestamptz not null default clock_timestamp(),
  primary key (consumer, subject, sequence)
);
