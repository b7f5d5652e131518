-- State that replicas share where there is no Redis. Times are ms since 1970 by the clock of the server, with
-- fractions, because a line may move ten times a millisecond.
create function kv_now_ms() returns double precision language sql volatile
  as $$ select extract(epoch from clock_timestamp())::double precision * 1000 $$;

create table kv_entry (
  key text primary key,
  value text not null,
  expires_at_ms double precision not null
);
create index kv_entry_expires_at_ms on kv_entry (expires_at_ms);

-- Unlogged: a counter is written with every request and lives for seconds; a crash of the server may forget it.
create unlogged table kv_counter (
  key text primary key,
  total bigint not null,
  expires_at_ms double precision not null
);
create index kv_counter_expires_at_ms on kv_counter (expires_at_ms);

create table kv_line (
  line text primary key,
  last_admit_at_ms double precision not null
);

create table kv_slot (
  line text not null,
  member text not null,
  admit_at_ms double precision not null,
  expires_at_ms double precision not null,
  primary key (line, member)
);
create index kv_slot_expires_at_ms on kv_slot (expires_at_ms);

-- One round trip, so that the line's row is locked for as short as can be: at an opening everybody stands in one line.
create function kv_reserve_slot(
  wanted_line text,
  wanted_member text,
  interval_ms double precision,
  keep_ms double precision,
  not_before_ms double precision
) returns table (admit_at_ms double precision, now_ms double precision) language plpgsql as $$
declare
  slot_ms double precision;
begin
  -- The next in line need not wait for the disk. A crash of the server may forget the last fraction of a second of
  -- the line.
  perform set_config('synchronous_commit', 'off', true);
  perform pg_advisory_xact_lock(hashtextextended(wanted_member, hashtextextended(wanted_line, 0)));
  select s.admit_at_ms into slot_ms from kv_slot s
    where s.line = wanted_line and s.member = wanted_member and s.expires_at_ms > kv_now_ms();
  if slot_ms is null then
    insert into kv_line as l (line, last_admit_at_ms) values (wanted_line, greatest(kv_now_ms(), not_before_ms))
      on conflict (line) do update
        set last_admit_at_ms = greatest(kv_now_ms(), not_before_ms, l.last_admit_at_ms + interval_ms)
      returning l.last_admit_at_ms into slot_ms;
    insert into kv_slot as s (line, member, admit_at_ms, expires_at_ms)
      values (wanted_line, wanted_member, slot_ms, slot_ms + keep_ms)
      on conflict (line, member) do update
        set admit_at_ms = excluded.admit_at_ms, expires_at_ms = excluded.expires_at_ms;
  end if;
  return query select slot_ms, kv_now_ms();
end
$$;
