import type { CloudEvent } from '@stampede/contracts';
import type { Database, Tx } from '@stampede/db';
import { sql } from 'kysely';
import { tell } from './events';

/**
 * Applies an event once per consumer and in order per subject, whatever the bus delivers: a repeated event is
 * `duplicate`, one that came before its predecessors is `parked` (kept in the database) and applied, in this same
 * way, by the transaction that closes the gap. All of it happens in `tx`: effect, mark and the parked events that
 * became due commit together or not at all. `consumer` names one reader of one topic. If `effect` throws, roll back
 * and let the bus deliver again.
 */
export async function applyOnce(
  tx: Tx,
  consumer: string,
  event: CloudEvent,
  effect: (event: CloudEvent) => Promise<void>,
): Promise<'applied' | 'duplicate' | 'parked'> {
  const turn = await takeTurn(tx, consumer, event);
  if (!turn) {
    const outcome = (await lastApplied(tx, consumer, event.subject)) >= event.sequence ? 'duplicate' : 'parked';
    if (outcome === 'parked') {
      await park(tx, consumer, event);
    }
    tell({ kind: outcome, consumer, type: event.type });
    return outcome;
  }
  await effect(event);
  tell({ kind: 'applied', consumer, type: event.type });
  if (turn.parked > 0) {
    await drain(tx, consumer, event, effect);
  }
  return 'applied';
}

/** Applies the parked events that follow `last`, as far as they go without a gap. */
async function drain(
  tx: Tx,
  consumer: string,
  last: CloudEvent,
  effect: (event: CloudEvent) => Promise<void>,
): Promise<void> {
  for (let sequence = last.sequence + 1; ; sequence++) {
    const event = await unpark(tx, consumer, last.subject, sequence);
    if (!event) {
      return;
    }
    await takeTurn(tx, consumer, event);
    await effect(event);
    tell({ kind: 'applied', consumer, type: event.type });
  }
}

/**
 * One statement for the usual case. It locks the subject's row even when it changes nothing, which is what keeps two
 * deliveries of one subject apart; the row in `inbox` is written only if this event is the next one.
 */
async function takeTurn(tx: Tx, consumer: string, event: CloudEvent): Promise<{ parked: number } | null> {
  const { rows } = await sql<{ parked: number }>`
    with turn as (
      insert into inbox_subject as s (consumer, subject, last_sequence)
      values (${consumer}, ${event.subject}, case when ${event.sequence}::bigint = 1 then 1 else 0 end)
      on conflict (consumer, subject) do update set last_sequence = ${event.sequence}::bigint
        where s.last_sequence = ${event.sequence}::bigint - 1
      returning last_sequence, parked),
    applied as (
      insert into inbox (consumer, event_id, subject, sequence)
      select ${consumer}, ${event.id}::uuid, ${event.subject}, last_sequence from turn
      where last_sequence = ${event.sequence}::bigint
      returning sequence)
    select turn.parked from turn join applied on applied.sequence = turn.last_sequence`.execute(tx);
  return rows[0] ?? null;
}

async function lastApplied(tx: Tx, consumer: string, subject: string): Promise<number> {
  const { rows } = await sql<{ last_sequence: string }>`
    select last_sequence from inbox_subject where consumer = ${consumer} and subject = ${subject}`.execute(tx);
  return Number(rows[0]?.last_sequence ?? 0);
}

async function park(tx: Tx, consumer: string, event: CloudEvent): Promise<void> {
  await sql`
    with parked as (
      insert into inbox_parked (consumer, subject, sequence, event)
      values (${consumer}, ${event.subject}, ${event.sequence}, ${JSON.stringify(event)}::jsonb)
      on conflict do nothing returning 1)
    update inbox_subject set parked = parked + (select count(*) from parked)
    where consumer = ${consumer} and subject = ${event.subject} and exists (select from parked)`.execute(tx);
}

async function unpark(tx: Tx, consumer: string, subject: string, sequence: number): Promise<CloudEvent | null> {
  const { rows } = await sql<{ event: CloudEvent }>`
    with due as (
      delete from inbox_parked
      where consumer = ${consumer} and subject = ${subject} and sequence = ${sequence} returning event),
    counted as (
      update inbox_subject set parked = parked - 1
      where consumer = ${consumer} and subject = ${subject} and exists (select from due))
    select event from due`.execute(tx);
  return rows[0]?.event ?? null;
}

/**
 * Events that wait for a predecessor, over all consumers of this database: above zero for long means that one was
 * lost.
 */
export async function parkedEvents(database: Database): Promise<{ parked: number; oldestAgeMs: number }> {
  const { rows } = await sql<{ parked: number; oldestAgeMs: number }>`
    select count(*)::int as parked,
           coalesce(extract(epoch from clock_timestamp() - min(parked_at)) * 1000, 0)::float8 as "oldestAgeMs"
    from inbox_parked`.execute(database.kysely);
  return rows[0] ?? { parked: 0, oldestAgeMs: 0 };
}

/**
 * Deletes marks older than `keepMs`, at most `limit` in one call, and says how many. Duplicates stay recognised: how
 * far a subject has come is kept apart.
 */
export async function purgeInbox(database: Database, options: { keepMs: number; limit?: number }): Promise<number> {
  const result = await sql`
    delete from inbox where (consumer, subject, sequence) in (
      select consumer, subject, sequence from inbox
      where applied_at < clock_timestamp() - make_interval(secs => ${options.keepMs / 1000})
      limit ${options.limit ?? 1_000} for update skip locked)`.execute(database.kysely);
  const count = Number(result.numAffectedRows ?? 0n);
  tell({ kind: 'purged', table: 'inbox', count });
  return count;
}
