import type { Bus } from '@stampede/bus';
import type { CloudEvent } from '@stampede/contracts';

/** A bus that remembers what it was given. `before` runs ahead of each publish: to wait, or to fail by throwing. */
export class RecordingBus implements Bus {
  readonly published: { topic: string; event: CloudEvent }[] = [];
  before: (events: readonly CloudEvent[]) => Promise<void> = async () => undefined;

  async publish(topic: string, events: readonly CloudEvent[]): Promise<void> {
    await this.before(events);
    this.published.push(...events.map((event) => ({ topic, event })));
  }

  /** Sequences of one subject, in the order of their first appearance. */
  sequencesOf(subject: string): number[] {
    return [
      ...new Set(this.published.filter(({ event }) => event.subject === subject).map(({ event }) => event.sequence)),
    ];
  }

  subscribe(): never {
    throw new Error('only publishes');
  }

  async lag(): Promise<number> {
    return 0;
  }

  async latest(): Promise<CloudEvent[]> {
    return [];
  }

  async close(): Promise<void> {
    return undefined;
  }
}
