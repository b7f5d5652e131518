import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { AuditReport } from '@stampede/contracts';
import { Budget } from '@stampede/resilience';
import { CONFIG, LOG, type Log } from '@stampede/service-kit';
import { capturedOnce } from './captured-once';
import type { AuditConfig, Audited } from './config';
import { ConsumerBook, EventBook } from './event-book';
import { eventsAppliedOnce } from './events-applied-once';
import { moneyAgrees } from './money-agrees';
import { OrderBook, readUnsettled } from './order-book';
import { ordersEnd } from './orders-end';
import { ProviderClient } from './provider.client';
import { readSeats, readSharedSeats, seatsAddUp, type SeatBook } from './seats-add-up';
import { Stores, type Snapshot } from './snapshot';
import { accountsOf } from './statement';

/** An audit reads everything; longer than this nobody waits. */
const LONGEST_AUDIT_MS = 60_000;

/**
 * Reads the stores in the order that keeps a busy shop free of false alarms: what follows from an order (consumers) and
 * what excuses one (unsettled captures) before the orders, what an order's end rests on (seats, money) after them.
 */
@Injectable()
export class Auditor implements OnModuleDestroy {
  private readonly stores: Stores;
  private readonly provider: ProviderClient;
  private latest: Promise<unknown> = Promise.resolve();
  private next: Promise<AuditReport> | undefined;

  constructor(
    @Inject(CONFIG) config: AuditConfig,
    @Inject(LOG) private readonly log: Log,
  ) {
    this.stores = new Stores(config);
    this.provider = new ProviderClient(config);
  }

  onModuleDestroy(): Promise<void> {
    return this.stores.close();
  }

  /** One audit at a time: whoever asks meanwhile shares the next, which begins after he asked. @throws unavailable */
  report(): Promise<AuditReport> {
    this.next ??= this.latest.then(
      () => this.begin(),
      () => this.begin(),
    );
    return this.next;
  }

  private begin(): Promise<AuditReport> {
    this.next = undefined;
    const audit = this.audit(Budget.ofMs(LONGEST_AUDIT_MS));
    this.latest = audit;
    return audit;
  }

  private async audit(budget: Budget): Promise<AuditReport> {
    const open: Snapshot[] = [];
    const take = async (store: Audited): Promise<Snapshot> => {
      const snapshot = await this.stores.snapshot(store);
      open.push(snapshot);
      return snapshot;
    };
    try {
      return await this.read(take, budget);
    } catch (error) {
      this.log.warn({ err: error }, 'a part could not be read');
      throw error;
    } finally {
      await Promise.all(open.map((snapshot) => snapshot.close()));
      budget.release();
    }
  }

  private async read(take: (store: Audited) => Promise<Snapshot>, budget: Budget): Promise<AuditReport> {
    const [notifications, billing, payments] = await settled(take('notifications'), take('billing'), take('payments'));
    const unsettled = await readUnsettled(payments);
    await payments.close();
    const orders = await take('orders');
    const [consumers, [book, sharedSeats, written]] = await settled(
      settled(ConsumerBook.readAll(notifications), ConsumerBook.readAll(billing)),
      readOrders(orders, unsettled),
    );
    const events = await eventsAppliedOnce(written, consumers.flat());
    // However long the provider takes, no transaction waits for it.
    await settled(notifications.close(), billing.close(), orders.close());
    const [seats, entries] = await settled(readInventory(take), this.provider.statement(budget));
    const accounts = accountsOf(entries);
    const suspects = book.suspects([...accounts.keys(), ...seats.soldTo.keys()]);
    if (suspects.length > 0) await book.lookAgain(await take('orders'), suspects);
    const findings = [
      ordersEnd(book),
      capturedOnce(accounts),
      moneyAgrees(book, accounts),
      seatsAddUp(book, seats, sharedSeats),
      events,
    ];
    return { checkedAt: orders.at.toISOString(), invariants: findings.map((finding) => finding.report()) };
  }
}

async function readInventory(take: (store: Audited) => Promise<Snapshot>): Promise<SeatBook> {
  const inventory = await take('inventory');
  const seats = await readSeats(inventory);
  await inventory.close();
  return seats;
}

async function readOrders(orders: Snapshot, unsettled: ReadonlySet<string>) {
  const book = await OrderBook.read(orders, unsettled);
  const sharedSeats = await readSharedSeats(orders);
  return [book, sharedSeats, await EventBook.read(orders)] as const;
}

/** As Promise.all, but waits for every one before it fails: nothing may use a snapshot that is being closed. */
async function settled<P extends unknown[]>(...promises: { [I in keyof P]: Promise<P[I]> }): Promise<P> {
  await Promise.allSettled(promises);
  return (await Promise.all(promises)) as P;
}
