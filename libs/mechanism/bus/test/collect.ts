import type { CloudEvent } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import type { Bus, Delivery, SubscribeOptions } from '../src/port';

/** An order's event. */
export function eventOf(subject: string, sequence: number): CloudEvent {
  return {
    specversion: '1.0',
    id: uuidv7(),
    type: 'stampede.order.placed',
    source: 'orders',
    time: new Date().toISOString(),
    subject,
    sequence,
    dataversion: '1',
    data: { text: 'Zürich \u0000 😀', amount: 12_345 },
  };
}

interface Received extends Delivery {
  event: CloudEvent;
}

/** The events that a subscription has applied, in order. */
export class Collected {
  readonly deliveries: Received[] = [];
  private waiting: { count: number; resolve(): void }[] = [];

  get events(): CloudEvent[] {
    return this.deliveries.map(({ event }) => event);
  }

  add(delivery: Received): void {
    this.deliveries.push(delivery);
    const { length } = this.deliveries;
    for (const waiter of this.waiting) if (length >= waiter.count) waiter.resolve();
  }

  /** Resolves once `count` events were applied. */
  until(count: number): Promise<void> {
    if (this.deliveries.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ count, resolve }));
  }
}

/** Subscribes and collects what `onEvent` (by default everything) lets pass. */
export async function collect(
  bus: Bus,
  options: Omit<SubscribeOptions, 'onEvent'> & Partial<SubscribeOptions>,
  collected = new Collected(),
): Promise<Collected> {
  await bus.subscribe({
    ...options,
    async onEvent(event, delivery) {
      await options.onEvent?.(event, delivery);
      collected.add({ event, ...delivery });
    },
  });
  return collected;
}

/** Asks again until the answer is yes; the test's own timeout is the limit. */
export async function until(question: () => Promise<boolean>): Promise<void> {
  while (!(await question())) await new Promise((resolve) => setTimeout(resolve, 20));
}
