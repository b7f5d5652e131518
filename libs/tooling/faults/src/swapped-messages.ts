import { ORDERS_TOPIC, PARTITIONS } from '@stampede/contracts';
import type { Client } from 'pg';
import { openClient } from './database-client';
import { growthOf } from './figure';
import type { Fault } from './lab';
import { Strikes, atMostOnce, oneOf } from './strikes';

const PARTITION_NUMBERS = Array.from({ length: PARTITIONS }, (_, index) => index);
/** For how long a partition is kept from its consumers, so that two events of one order wait in it. */
const GATHER_S = 1.5;

/**
 * Two events of the same order that have not been delivered yet change places, on the bus in PostgreSQL: the later one
 * arrives first. Seen by what the consumers park until the earlier one comes.
 */
export function swappedMessages({ everyMs }: { everyMs: number }): Fault {
  return {
    name: `two events of an order change places every ${everyMs / 1_000} s`,
    async start({ shop, random, record, signal }) {
      const parked = { metric: 'stampede_inbox_events_total', where: { labels: { outcome: 'parked' } }, least: 1 };
      const growth = await growthOf(shop, parked);
      let swapped = 0;
      const client = await openClient(shop.postgres.url, 'bus');
      const strikes = new Strikes({ record, signal }, everyMs, async () => {
        const partition = oneOf(PARTITION_NUMBERS, random);
        const events = await swapIn(client, partition);
        swapped += events;
        record('swapped', { partition, events });
      });
      return {
        undo: atMostOnce(async () => {
          await strikes.stop();
          await client.end();
        }),
        // two events a pair, and half of the pairs: some wait behind a poison message when the run ends
        seen: async () => ({ ...(await growth.seen()), least: Math.max(1, Math.floor(swapped / 4)) }),
      };
    },
  };
}

/** A consumer takes a partition only while it can lock its row: holding all of them keeps the events undelivered. */
async function swapIn(client: Client, partition: number): Promise<number> {
  await client.query('begin');
  try {
    await client.query('select from group_position where topic = $1 and partition = $2 for update', [
      ORDERS_TOPIC,
      partition,
    ]);
    await client.query('select pg_sleep($1)', [GATHER_S]);
    const { rowCount } = await client.query(SWAP, [ORDERS_TOPIC, partition]);
    await client.query("select pg_notify('bus', $1)", [ORDERS_TOPIC]);
    await client.query('commit');
    return rowCount ?? 0;
  } catch (error) {
    await client.query('rollback').catch(() => undefined); // the connection is gone, and the transaction with it
    throw error;
  }
}

const SWAP = `
  with waiting as (
    select event_offset, payload, payload::jsonb ->> 'subject' as subject,
      row_number() over (partition by payload::jsonb ->> 'subject' order by event_offset) as nth
    from event where topic = $1 and partition = $2 and payload is json object and event_offset >= (
      select max(committed_offset) from group_position where topic = $1 and partition = $2)
  ), pair as (
    select a.event_offset as one, a.payload as earlier, b.event_offset as other, b.payload as later
    from waiting a join waiting b on a.subject = b.subject and a.nth = 1 and b.nth = 2
  )
  update event set payload = case event_offset when one then later else earlier end from pair
  where topic = $1 and partition = $2 and event_offset in (one, other)`;
