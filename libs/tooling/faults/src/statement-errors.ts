import type { Client } from 'pg';
import { withDatabase } from './database-client';
import type { Fault } from './lab';
import { atMostOnce } from './strikes';

export interface StatementErrorsOptions {
  /** A service's name is that of its database. */
  readonly database: string;
  readonly table: string;
  /** Share of inserts and updates, 0..1. */
  readonly ratio: number;
  readonly error?: 'deadlock' | 'serialization failure';
}

/** Of the errors that the ratio makes so many must have been raised. */
const MOST = 0.8;
const CODES = { deadlock: '40P01', 'serialization failure': '40001' } as const;

/**
 * PostgreSQL answers a share of the changes of a table with a deadlock or a serialization failure, and the transaction
 * is gone. Every n-th one, not by chance. Seen by a sequence, which no rollback takes back.
 */
export function statementErrors({ database, table, ratio, error = 'deadlock' }: StatementErrorsOptions): Fault {
  return {
    name: `${error} for ${Math.round(ratio * 100)} % of the changes of ${table} in ${database}`,
    async start({ shop, record }) {
      const { url } = shop.postgres;
      await withDatabase(url, database, (client) =>
        client.query(triggerOn(client.escapeIdentifier(table), ratio, CODES[error])),
      );
      record('trigger made', { database, table });
      let raised = 0;
      let asked = 0;
      return {
        undo: atMostOnce(async () => {
          await withDatabase(url, database, async (client) => {
            raised = await countOf(client, 'lab_raised');
            asked = await countOf(client, 'lab_asked');
            await client.query(withoutTrigger(client.escapeIdentifier(table)));
          });
          record('trigger gone', { raised });
        }),
        seen: async () => ({
          metric: `${error}s raised`,
          value: raised,
          least: Math.max(1, Math.floor(asked * ratio * MOST)),
        }),
      };
    },
  };
}

async function countOf(client: Client, sequence: 'lab_raised' | 'lab_asked'): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select case when is_called then last_value else 0 end::integer as count from ${sequence}`,
  );
  return rows[0]?.count ?? 0;
}

function triggerOn(table: string, ratio: number, code: string): string {
  return `
    create sequence lab_asked;
    create sequence lab_raised;
    create function lab_raise() returns trigger language plpgsql as $$
    begin
      if mod(nextval('lab_asked') * 0.618033988749895, 1) < ${Number(ratio)} then
        perform nextval('lab_raised');
        raise exception 'raised by a lab' using errcode = '${code}';
      end if;
      return null;
    end $$;
    create trigger lab_raise before insert or update on ${table} for each statement execute function lab_raise()`;
}

function withoutTrigger(table: string): string {
  return `
    drop trigger lab_raise on ${table};
    drop function lab_raise();
    drop sequence lab_asked, lab_raised`;
}
