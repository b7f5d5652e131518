-- The embedded bus. Offsets are gapless per partition: whoever publishes holds the partition's row until its events
-- are committed, so an event never becomes visible before one with a lower offset.
create table topic_partition (
  topic text not null,
  partition integer not null check (partition >= 0),
  first_offset bigint not null default 0,
  next_offset bigint not null default 0,
  primary key (topic, partition),
  constraint offsets_in_order check (first_offset <= next_offset)
);
comment on column topic_partition.first_offset is 'oldest event that retention has kept';
comment on column topic_partition.next_offset is 'offset of the next event to be published';

create table event (
  topic text not null,
  partition integer not null,
  event_offset bigint not null,
  payload text not null,
  published_at timestamptz not null default now(),
  primary key (topic, partition, event_offset)
);
comment on column event.payload is
  'text, not jsonb: a payload that cannot be read must reach the dead letters as it came';

-- A consumer holds the row of a partition while it works on its events; a lost connection frees it at once.
create table group_position (
  topic text not null,
  group_name text not null,
  partition integer not null,
  committed_offset bigint not null,
  failures integer not null default 0 check (failures >= 0),
  retry_at timestamptz not null default '-infinity',
  served_at timestamptz not null default '-infinity',
  primary key (topic, group_name, partition)
);
comment on column group_position.committed_offset is 'next event to be delivered';
comment on column group_position.failures is 'failed deliveries of the event at committed_offset';
comment on column group_position.served_at is 'least recently served first, so that no partition starves';
