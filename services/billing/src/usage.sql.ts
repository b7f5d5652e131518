import type { Database, Tx } from '@stampede/db';
import { sql } from 'kysely';
import type { UsageEvent } from './meter';

/** Keeps usage for good. @throws unique_violation where the event or the order was metered before */
export async function insertUsage(tx: Tx, usage: UsageEvent): Promise<void> {
  await sql`
    INSERT INTO usage_event (usage_id, meter_subject, order_id, tickets, revenue, currency, occurred_at)
    VALUES (${usage.usageId}, ${usage.meterSubject}, ${usage.orderId}, ${usage.tickets}, ${usage.revenue},
      ${usage.currency}, ${usage.occurredAt})`.execute(tx);
}

/** Before every id. */
export const NIL_ID = '00000000-0000-0000-0000-000000000000';

/** The next `limit` usage events of a walk over all of them, which begins after `NIL_ID`. */
export async function selectUsageAfter({ kysely }: Database, usageId: string, limit: number): Promise<UsageEvent[]> {
  const { rows } = await sql<UsageEvent>`
    SELECT usage_id AS "usageId", meter_subject AS "meterSubject", order_id AS "orderId", tickets, revenue, currency,
      occurred_at AS "occurredAt"
    FROM usage_event WHERE usage_id > ${usageId} ORDER BY usage_id LIMIT ${limit}`.execute(kysely);
  return rows;
}
