import { setTimeout as delay } from 'node:timers/promises';
import { BUYERS_TOPIC, buyerEventTypes, type CloudEvent } from '@stampede/contracts';
import type { Fault, Lab } from '../lab';
import { atMostOnce } from '../strikes';
import { clusterOf, type LabCluster } from './lab-cluster';

/** The kinds of lines in a run's journal that a check reads. */
export const QUEUE_EVENTS = { queued: 'events queued', applied: 'events applied' } as const;

export interface QueuedEventsOptions {
  /** Different ones, each for a buyer of its own. */
  readonly count: number;
  /** So many of them are queued twice. */
  readonly repeats: number;
}

const LOOK_EVERY_MS = 3_000;
/** Tools run beside the broker, in its own memory: with its heap they could cost it its life. */
const TOOL = ['env', 'KAFKA_HEAP_OPTS=-Xmx128m'];
const BROKER = '--bootstrap-server=localhost:9092';

/**
 * Events for notifications, all at once, into the topic that nothing else writes to while nobody signs in. Ends when
 * all are applied, or with the fault's time; what was applied, by the consumer's own tables, is told in the journal.
 */
export function queuedEvents({ count, repeats }: QueuedEventsOptions): Fault {
  return {
    name: `${count} events queued for notifications, ${repeats} of them twice`,
    async start(lab) {
      const cluster = clusterOf(lab);
      const queue = new Queue(lab, cluster, count);
      await queue.fill(repeats);
      const ended = queue.untilEmpty();
      ended.catch((error: unknown) => lab.record('the queue could not be read', { why: String(error) }));
      return {
        ended,
        undo: atMostOnce(async () => queue.stop()),
        seen: async () => ({ metric: 'events in the topic', value: await queue.inTopic(), least: count + repeats }),
      };
    },
  };
}

class Queue {
  /** First digits of every id of this run. */
  private readonly mark: string;
  private readonly filledAt = Date.now();
  private before = 0;
  private stopped = false;

  constructor(
    private readonly lab: Lab,
    private readonly cluster: LabCluster,
    private readonly count: number,
  ) {
    const hex = Date.now().toString(16).padStart(12, '0');
    this.mark = `${hex.slice(0, 8)}-${hex.slice(8)}`;
  }

  async fill(repeats: number): Promise<void> {
    this.before = await this.ends();
    const events = Array.from({ length: this.count }, (_, index) => this.event(index));
    const lines = [...events, ...events.slice(0, repeats)].map((event) => `${event.subject}\t${JSON.stringify(event)}`);
    const keyed = ['--property=parse.key=true', '--property=key.separator=\t']; // Kafka 4.2 calls it reader-property
    const where = ['exec', '--stdin', 'statefulset/kafka', `--namespace=${this.cluster.namespace}`, '--', ...TOOL];
    const producer = ['/opt/kafka/bin/kafka-console-producer.sh', BROKER, `--topic=${BUYERS_TOPIC}`, ...keyed];
    await this.cluster.kubectl([...where, ...producer], `${lines.join('\n')}\n`);
    this.lab.record(QUEUE_EVENTS.queued, { events: this.count, repeats });
  }

  async untilEmpty(): Promise<void> {
    for (let applied = 0; applied < this.count; await delay(LOOK_EVERY_MS)) {
      if (this.stopped || this.lab.signal.aborted) return;
      const [events, buyers] = await this.applied();
      applied = Math.min(events, buyers);
      this.lab.record(QUEUE_EVENTS.applied, { of: this.count, events, buyers, afterMs: Date.now() - this.filledAt });
    }
  }

  stop(): void {
    this.stopped = true;
  }

  async inTopic(): Promise<number> {
    return (await this.ends()) - this.before;
  }

  /** Events that were applied, and buyers who are known by them: the same number where each was applied once. */
  private async applied(): Promise<readonly [number, number]> {
    const of = `like '${this.mark}%'`;
    const query =
      `select (select count(*) from inbox where consumer = 'notifications.buyers' and subject ${of}), ` +
      `(select count(*) from buyer where buyer_id::text ${of} and email is not null)`;
    const psql = ['psql', '--username=stampede', '--dbname=notifications', '--tuples-only', '--no-align'];
    const where = ['exec', 'statefulset/postgres', `--namespace=${this.cluster.namespace}`, '--'];
    const said = await this.cluster.kubectl([...where, ...psql, '--field-separator= ', `--command=${query}`]);
    const [events = 0, buyers = 0] = said.trim().split(' ').map(Number);
    return [events, buyers];
  }

  /** Offsets of the topic's ends, added up. */
  private async ends(): Promise<number> {
    const where = ['exec', 'statefulset/kafka', `--namespace=${this.cluster.namespace}`, '--', ...TOOL];
    const offsets = ['/opt/kafka/bin/kafka-get-offsets.sh', BROKER, `--topic=${BUYERS_TOPIC}`];
    const said = await this.cluster.kubectl([...where, ...offsets]);
    return [...said.matchAll(/^\S+:\d+:(\d+)$/gm)].reduce((sum, [, offset]) => sum + Number(offset), 0);
  }

  private event(index: number): CloudEvent {
    const id = (kind: string) => `${this.mark}-7000-8${kind}00-${index.toString(16).padStart(12, '0')}`;
    const buyerId = id('0');
    return {
      ...{ specversion: '1.0', id: id('1'), type: buyerEventTypes.registered, source: 'lab', subject: buyerId },
      ...{ time: new Date(this.filledAt).toISOString(), sequence: 1, dataversion: '1' },
      data: { buyerId, email: `${index}@queue.example` },
    };
  }
}
