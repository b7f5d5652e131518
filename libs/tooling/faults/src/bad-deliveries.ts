import { ORDERS_TOPIC, orderEventTypes, type CloudEvent } from '@stampede/contracts';
import { growthOf, type Figure } from './figure';
import type { Fault, Lab } from './lab';
import { openLabBus, type LabBus, type Message } from './lab-bus';
import { Strikes, atMostOnce } from './strikes';

export interface DeliveriesOptions {
  readonly everyMs: number;
  /** Messages of one strike. */
  readonly count: number;
}

/**
 * Events that no consumer can apply: they look like events of orders, and what they tell is missing. Seen by
 * deliveries that are tried again: each poison once at least.
 */
export function poisonMessages({ everyMs, count }: DeliveriesOptions): Fault {
  return onTheBus({
    name: `${count} poison messages every ${everyMs / 1_000} s`,
    everyMs,
    figure: { metric: 'stampede_bus_retries_total' }, // not the dead letters: a control may have none
    strike: async (bus, { random, record }, before) => {
      const poison = Array.from({ length: count }, (_, index) => poisonOf(random, before + index + 1));
      await bus.publish(ORDERS_TOPIC, poison);
      record('poison published', { messages: count });
      return count;
    },
    least: (published) => published,
  });
}

/** Consumers that wait behind a poison message have not seen all of them when the run ends. */
const SHARE_OF_DUPLICATES = 0.5;

/**
 * The newest events once more, the last first: duplicates, and out of order. Seen by what the consumers count as
 * duplicates.
 */
export function repeatedMessages({ everyMs, count }: DeliveriesOptions): Fault {
  return onTheBus({
    name: `the newest ${count} events once more and backwards, every ${everyMs / 1_000} s`,
    everyMs,
    figure: { metric: 'stampede_inbox_events_total', where: { labels: { outcome: 'duplicate' } } },
    strike: async (bus, { record }) => {
      const again = (await bus.latest(ORDERS_TOPIC, count)).toReversed();
      if (again.length > 0) await bus.publish(ORDERS_TOPIC, again);
      record('repeated', { messages: again.length });
      return again.length;
    },
    least: (published) => Math.floor(published * SHARE_OF_DUPLICATES),
  });
}

interface OnTheBus {
  readonly name: string;
  readonly everyMs: number;
  readonly figure: Omit<Figure, 'least'>;
  /** `before`: messages that this run has published. @returns those that it adds */
  strike(bus: LabBus, lab: Lab, before: number): Promise<number>;
  /** By how much the figure must have grown for so many messages. */
  least(published: number): number;
}

function onTheBus({ name, everyMs, figure, strike, least }: OnTheBus): Fault {
  return {
    name,
    async start(lab) {
      const growth = await growthOf(lab.shop, { ...figure, least: 1 });
      const bus = await openLabBus(lab.shop, ORDERS_TOPIC);
      let published = 0; // of this run: the fault itself is started by each run anew
      const strikes = new Strikes(lab, everyMs, async () => {
        published += await strike(bus, lab, published);
      });
      return {
        undo: atMostOnce(async () => {
          await strikes.stop();
          await bus.close();
        }),
        seen: async () => ({ ...(await growth.seen()), least: Math.max(1, least(published)) }),
      };
    },
  };
}

function poisonOf(random: () => number, number: number): Message {
  const id = seededId(random);
  const event: CloudEvent = {
    specversion: '1.0',
    id,
    type: orderEventTypes.confirmed,
    source: 'lab',
    time: new Date().toISOString(),
    subject: seededId(random),
    sequence: 1,
    dataversion: '1',
    data: { poison: number },
  };
  return { key: event.subject, payload: JSON.stringify(event) };
}

/** A UUIDv7 in form. */
function seededId(random: () => number): string {
  const hex = (digits: number) => Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(12)}`;
}
