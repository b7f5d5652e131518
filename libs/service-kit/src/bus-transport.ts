import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { deadLetterTopic, type Bus, type DeadLetter, type Delivery, type Subscription } from '@stampede/bus';
import type { CloudEvent } from '@stampede/contracts';
import { metricsOf, runConsumer } from '@stampede/telemetry';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Log } from './nest-logger';

export interface BusTransportOptions {
  readonly bus: Bus;
  /** The consumer group: the service, so that its replicas share the work. */
  readonly service: string;
  readonly isTransient: (error: unknown) => boolean;
  readonly deadLetters: boolean;
  readonly log: Log;
}

/** Of one topic; whoever has more than that has other worries than to read them all. */
const MOST_LETTERS = 100;

/** A dead letter as the admin port tells of it. */
export interface ToldLetter extends Omit<DeadLetter, 'original'> {
  readonly time: string;
  readonly subject: string;
  readonly sequence: number;
}

/**
 * Nest's transport over the event bus: `@EventPattern(topic)` handles every event of a topic, in order per subject,
 * at least once. The handler gets the CloudEvent (and the `Delivery` by `@Ctx()`, then the event by `@Payload()`) and
 * runs in its trace; the event is committed when the handler's promise resolves, and comes again when it rejects.
 */
export class BusTransport extends Server implements CustomTransportStrategy {
  private subscriptions: Subscription[] = [];

  constructor(private readonly options: BusTransportOptions) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    this.subscribeAll().then(() => callback(), callback);
  }

  async close(): Promise<void> {
    await Promise.all(this.subscriptions.splice(0).map((subscription) => subscription.stop()));
  }

  /** Nest's interface wants them; the bus has no client of its own to show. */
  on(): void {}

  unwrap<T>(): T {
    return this.options.bus as T;
  }

  /** What this service could not apply, newest first, over all topics that it reads; the events stay on the bus. */
  async deadLetters(): Promise<ToldLetter[]> {
    const topics = [...this.getHandlers().keys()].map(deadLetterTopic);
    const letters = await Promise.all(topics.map((topic) => this.options.bus.latest(topic, MOST_LETTERS)));
    const told = letters.flat().map(({ time, subject, sequence, data }) => {
      const { original: _, ...letter } = data as DeadLetter; // may name a person
      return { time, subject, sequence, ...letter };
    });
    const own = told.filter(({ group }) => group === this.options.service);
    return own.toSorted((a, b) => (a.time < b.time ? 1 : -1));
  }

  private async subscribeAll(): Promise<void> {
    const { bus, service: group, isTransient, deadLetters } = this.options;
    for (const topic of this.getHandlers().keys()) {
      const onEvent = (event: CloudEvent, delivery: Delivery) => this.deliver(topic, event, delivery);
      this.subscriptions.push(await bus.subscribe({ topic, group, onEvent, isTransient, deadLetters }));
    }
  }

  private async deliver(topic: string, event: CloudEvent, delivery: Delivery): Promise<void> {
    const { service, log } = this.options;
    const startedAt = performance.now();
    let outcome = 'failed';
    try {
      await runConsumer({ service, topic, group: service }, event, async () => {
        const result: unknown = await this.getHandlerByPattern(topic)?.(event, delivery);
        if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
      });
      outcome = 'applied';
    } catch (error) {
      const { type, subject, sequence } = event;
      log.warn(
        { err: error, topic, type, subject, sequence, attempt: delivery.attempt },
        'an event could not be handled',
      );
      throw error;
    } finally {
      const seconds = (performance.now() - startedAt) / 1_000;
      metricsOf(service).observe('eventHandlingDuration', { topic, group: service, outcome }, seconds);
    }
  }
}
