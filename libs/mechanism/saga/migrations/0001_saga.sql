create table saga (
  -- Which definition drives it; its steps are named in code.
  name text not null,
  id uuid not null,
  state jsonb not null,
  -- The step that is next or under way. That step and all before it may have happened: this is what arms their
  -- compensations, stored before the step runs. A name, not an index, so that a later version may add steps.
  step text not null,
  direction text not null default 'forward' check (direction in ('forward', 'backward')),
  -- What is known of earlier attempts at the present step.
  --   none: there were none (or they are known not to have happened)   failed: tried, to be compensated all the same
  --   unknown: it may have happened (lost reply, lost worker), so it is asked before it is retried or given up
  doubt text not null default 'none' check (doubt in ('none', 'failed', 'unknown')),
  attempts integer not null default 0,
  -- Why it turned back: { step, code, detail }.
  failure jsonb,
  -- W3C trace context of the transaction that started it.
  traceparent text,
  started_at timestamptz not null,
  deadline_at timestamptz not null,
  -- When somebody must look at it: now, after a backoff, or when the lease of its worker ends.
  due_at timestamptz not null,
  -- Who works on it. Not null at a claim means that this worker was lost in the middle of a step.
  leased_by text,
  -- Rises with each claim; every write of a worker names the token of its claim, so one that lost its lease writes
  -- nothing.
  lease_token integer not null default 0,
  finished_at timestamptz,
  outcome text check (outcome in ('completed', 'compensated')),
  primary key (name, id),
  check ((finished_at is null) = (outcome is null))
);

create index saga_due on saga (name, due_at) where finished_at is null;

-- A saga is updated about once a step.
alter table saga set (autovacuum_vacuum_scale_factor = 0.05);
