import { sql, type QueryExecutorProvider } from 'kysely';

/** A connection or an open transaction of the bus database; the statements below are its only users. */
export type Connection = QueryExecutorProvider;

export const wakeUpChannel = 'bus';

export interface StoredRecord {
  event_offset: number;
  payload: string;
}

export interface Position {
  partition: number;
  event_offset: number;
  failures: number;
}

export async function createTopic(connection: Connection, topic: string, partitions: number): Promise<void> {
  await sql`
    insert into topic_partition (topic, partition)
    select ${topic}, partition from generate_series(0, ${partitions}::integer - 1) as partition
    on conflict do nothing`.execute(connection);
}

/** The group's rows, from the oldest kept event on; a group that has them keeps them. */
export async function joinGroup(connection: Connection, topic: string, group: string): Promise<void> {
  await sql`
    insert into group_position (topic, group_name, partition, committed_offset)
    select topic, ${group}, partition, first_offset from topic_partition where topic = ${topic}
    on conflict do nothing`.execute(connection);
}

/**
 * Appends in the order given, wakes the consumers at commit and answers how many were appended: all of them or, where a
 * partition is missing, fewer. Partitions are locked in their order, so that two publishers wait for each other instead
 * of deadlocking.
 */
export async function appendRecords(
  connection: Connection,
  topic: string,
  records: readonly { partition: number; payload: string }[],
): Promise<number> {
  const partitions = records.map((record) => record.partition);
  const payloads = records.map((record) => record.payload);
  const { rows } = await sql<{ appended: number }>`
    with incoming as (
      select partition, payload, row_number() over (partition by partition order by place) - 1 as nth
      from unnest(${partitions}::integer[], ${payloads}::text[]) with ordinality as given (partition, payload, place)
    ), locked as materialized (
      select partition, next_offset from topic_partition
      where topic = ${topic} and partition = any(${partitions}::integer[])
      order by partition for update
    ), advanced as (
      update topic_partition t set next_offset = t.next_offset + arrived.events
      from (select partition, count(*) as events from incoming group by partition) arrived join locked using (partition)
      where t.topic = ${topic} and t.partition = locked.partition
    ), appended as (
      insert into event (topic, partition, event_offset, payload)
      select ${topic}, partition, locked.next_offset + incoming.nth, payload from incoming join locked using (partition)
      returning 1
    )
    select count(*)::integer as appended, pg_notify(${wakeUpChannel}, ${topic}) from appended`.execute(connection);
  return rows[0]?.appended ?? 0;
}

/**
 * Takes the least recently served partition that has something due and that nobody else works on, until the
 * transaction ends.
 */
export async function takePartition(
  connection: Connection,
  topic: string,
  group: string,
): Promise<Position | undefined> {
  const { rows } = await sql<Position>`
    select g.partition, greatest(g.committed_offset, t.first_offset) as event_offset, g.failures
    from group_position g join topic_partition t using (topic, partition)
    where g.topic = ${topic} and g.group_name = ${group}
      and greatest(g.committed_offset, t.first_offset) < t.next_offset and g.retry_at <= clock_timestamp()
    order by g.served_at limit 1
    for update of g skip locked`.execute(connection);
  return rows[0];
}

export async function readRecords(
  connection: Connection,
  topic: string,
  from: Position,
  limit: number,
): Promise<StoredRecord[]> {
  const { rows } = await sql<StoredRecord>`
    select event_offset, payload from event
    where topic = ${topic} and partition = ${from.partition} and event_offset >= ${from.event_offset}
    order by event_offset limit ${limit}::integer`.execute(connection);
  return rows;
}

export async function readLatest(connection: Connection, topic: string, most: number): Promise<string[]> {
  const { rows } = await sql<{ payload: string }>`
    select payload from event where topic = ${topic}
    order by published_at desc, event_offset desc limit ${most}::integer`.execute(connection);
  return rows.map(({ payload }) => payload);
}

export async function savePosition(
  connection: Connection,
  topic: string,
  group: string,
  position: Position & { retryInMs: number },
): Promise<void> {
  await sql`
    update group_position set
      committed_offset = ${position.event_offset},
      failures = ${position.failures}::integer,
      retry_at = clock_timestamp() + ${position.retryInMs}::float8 * interval '1 ms',
      served_at = clock_timestamp()
    where topic = ${topic} and group_name = ${group} and partition = ${position.partition}::integer`.execute(
    connection,
  );
}

/**
 * How long until the first waiting event is due, in ms; null when none waits. Events that another consumer works on
 * count as due. "Never" is no time that PostgreSQL before 17 can subtract from, hence the `greatest`.
 */
export async function dueInMs(connection: Connection, topic: string, group: string): Promise<number | null> {
  const { rows } = await sql<{ due_in_ms: number | null }>`
    select min(
      greatest(extract(epoch from greatest(g.retry_at, now()) - clock_timestamp()) * 1000, 0)
    )::float8 as due_in_ms
    from group_position g join topic_partition t using (topic, partition)
    where g.topic = ${topic} and g.group_name = ${group}
      and greatest(g.committed_offset, t.first_offset) < t.next_offset`.execute(connection);
  return rows[0]?.due_in_ms ?? null;
}

export async function countUncommitted(connection: Connection, topic: string, group: string): Promise<number> {
  const { rows } = await sql<{ events: number }>`
    select coalesce(sum(t.next_offset - greatest(g.committed_offset, t.first_offset)), 0)::float8 as events
    from topic_partition t left join group_position g
      on g.topic = t.topic and g.partition = t.partition and g.group_name = ${group}
    where t.topic = ${topic}`.execute(connection);
  return rows[0]?.events ?? 0;
}

export async function listPartitions(connection: Connection): Promise<{ topic: string; partition: number }[]> {
  const { rows } = await sql<{ topic: string; partition: number }>`
    select topic, partition from topic_partition order by topic, partition`.execute(connection);
  return rows;
}

/**
 * Deletes the oldest events of one partition that every group has committed and that are older than `keepMs`,
 * `limit` at most, and answers how many. A topic without groups keeps everything.
 */
export async function deleteConsumed(
  connection: Connection,
  from: { topic: string; partition: number },
  keepMs: number,
  limit: number,
): Promise<number> {
  const { rows } = await sql<{ deleted: number }>`
    with oldest as (
      select e.event_offset, e.published_at from event e
      where e.topic = ${from.topic} and e.partition = ${from.partition} and e.event_offset < (
        select min(committed_offset) from group_position where topic = ${from.topic} and partition = ${from.partition})
      order by e.event_offset limit ${limit}::integer
    ), deleted as (
      delete from event e using oldest
      where e.topic = ${from.topic} and e.partition = ${from.partition} and e.event_offset = oldest.event_offset
        and oldest.published_at < clock_timestamp() - ${keepMs}::float8 * interval '1 ms'
      returning e.event_offset
    ), moved as (
      update topic_partition t set first_offset = greatest(t.first_offset, newest.event_offset + 1)
      from (select max(event_offset) as event_offset from deleted) newest
      where t.topic = ${from.topic} and t.partition = ${from.partition} and newest.event_offset is not null
    )
    select count(*) as deleted from deleted`.execute(connection);
  return rows[0]?.deleted ?? 0;
}
