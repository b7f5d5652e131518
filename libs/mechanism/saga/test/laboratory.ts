import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Database, migrate, uuidv7 } from '@stampede/db';
import { testDatabase } from '@stampede/db/testing';
import { sql } from 'kysely';
import { type SagaMessage, SagaRunner, type SagaRunnerOptions, type Step, saga, sagaMigration } from '../src';

export interface Counter {
  count: number;
  secret?: string;
}

/** A step that counts. */
export const count = async ({ state }: { state: Counter }) => ({ state: { count: state.count + 1 } });

/** Small sagas on a real database, by a clock that stands still until it is moved. */
export class Laboratory {
  nowMs = Date.parse('2026-06-11T18:00:00Z');
  private definitions = 0;

  private constructor(
    readonly database: Database,
    readonly drop: () => Promise<void>,
  ) {}

  static async open(): Promise<Laboratory> {
    const db = await testDatabase('saga');
    await migrate(db.database, [sagaMigration]);
    return new Laboratory(db.database, () => db.drop());
  }

  /** Makes runners of one definition, which has a name of its own. */
  sagaOf(...steps: Step<Counter>[]) {
    const definition = saga<Counter>(`test-${++this.definitions}`, steps);
    return (options: Partial<SagaRunnerOptions<Counter>> = {}): SagaRunner<Counter> => {
      const clock = (): Date => new Date(this.nowMs);
      return new SagaRunner(this.database, definition, { workerId: 'w', deadlineMs: 60_000, clock, ...options });
    };
  }

  async start(runner: SagaRunner<Counter>, state: Counter = { count: 0 }): Promise<string> {
    const id = uuidv7();
    await this.database.transaction((tx) => runner.start(tx, id, state));
    return id;
  }

  async stored(id: string) {
    const { rows } = await sql<{
      state: Counter;
      step: string;
      outcome: string | null;
      attempts: number;
      dueAt: Date;
      leasedBy: string | null;
    }>`
      select state, step, outcome, attempts, due_at as "dueAt", leased_by as "leasedBy"
      from saga where id = ${id}`.execute(this.database.kysely);
    return rows[0]!;
  }
}

/** What the runners told while `act` ran. */
export async function heard(act: () => Promise<unknown>): Promise<SagaMessage[]> {
  const messages: SagaMessage[] = [];
  const hear = (message: unknown): void => void messages.push(message as SagaMessage);
  subscribe('stampede:saga', hear);
  await act();
  unsubscribe('stampede:saga', hear);
  return messages;
}

/** As `heard`, their kinds alone. */
export async function told(act: () => Promise<unknown>): Promise<string[]> {
  return (await heard(act)).map(({ kind }) => kind);
}
