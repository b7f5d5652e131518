import { Inject, Injectable } from '@nestjs/common';
import type { CatalogEvent, QueuePlace } from '@stampede/contracts';
import type { Kv, Slot } from '@stampede/kv';
import { Unavailable } from '@stampede/service-kit';
import { NotAdmitted } from './errors';
import { KV } from './injected';
import { Tokens } from './tokens';

const SECOND_MS = 1_000;
/** Stores keep microseconds: a slot may be off by a little of an interval. */
const ROUNDING = 0.02;
/** Who was let in may buy for that long; who comes later than that goes to the end of the line. */
const ADMISSION_MS = 600_000;

/**
 * Lets buyers in at the event's rate, in the order of their arrival: each gets a slot one interval after the last one,
 * from the sale's opening on. A slot is all there is to remember, so nothing has to run for the line to move, and any
 * replica can tell anybody's place.
 */
@Injectable()
export class WaitingRoom {
  constructor(
    @Inject(KV) private readonly kv: Kv,
    private readonly tokens: Tokens,
  ) {}

  /** The buyer's place; joining again changes nothing. Without a waiting room everybody is admitted. */
  async join(event: CatalogEvent, buyerId: string): Promise<QueuePlace> {
    if (event.admitPerSecond === null) return ADMITTED;
    const intervalMs = SECOND_MS / event.admitPerSecond;
    const notBeforeMs = Date.parse(event.onSaleAt);
    const options = { intervalMs, keepMs: ADMISSION_MS, notBeforeMs };
    const slot = await reached(this.kv.reserveSlot(lineOf(event), buyerId, options));
    return this.place(event, buyerId, slot, intervalMs);
  }

  /** The buyer's place; undefined for one who has not joined, or whose admission is over. */
  async look(event: CatalogEvent, buyerId: string): Promise<QueuePlace | undefined> {
    if (event.admitPerSecond === null) return ADMITTED;
    const slot = await reached(this.kv.readSlot(lineOf(event), buyerId));
    return slot === null ? undefined : this.place(event, buyerId, slot, SECOND_MS / event.admitPerSecond);
  }

  /** @throws not_admitted unless the buyer shows an admission, or is remembered to have one. */
  async assertAdmitted(event: CatalogEvent, buyerId: string, admissionToken: string | undefined): Promise<void> {
    if (event.admitPerSecond === null) return;
    if (admissionToken !== undefined && (await this.tokens.admits(admissionToken, buyerId, event.eventId))) return;
    const slot = await reached(this.kv.readSlot(lineOf(event), buyerId));
    if (slot === null || slot.admitAtMs > slot.nowMs) throw new NotAdmitted();
  }

  private async place(
    event: CatalogEvent,
    buyerId: string,
    { admitAtMs, nowMs }: Slot,
    intervalMs: number,
  ): Promise<QueuePlace> {
    const waitMs = admitAtMs - nowMs;
    if (waitMs > 0) {
      const openMs = Math.max(nowMs, Date.parse(event.onSaleAt));
      const position = positionOf(admitAtMs - openMs, intervalMs, openMs > nowMs);
      return { state: 'waiting', position, estimatedWaitSeconds: Math.ceil(waitMs / SECOND_MS) };
    }
    const admissionToken = await this.tokens.issueAdmission(buyerId, event.eventId, Date.now() + waitMs + ADMISSION_MS);
    return { state: 'admitted', position: 0, estimatedWaitSeconds: 0, admissionToken };
  }
}

const ADMITTED: QueuePlace = { state: 'admitted', position: 0, estimatedWaitSeconds: 0 };

/**
 * How many are let in from now on, up to and with the buyer: slots are one interval apart, so the wait in the open line
 * tells. While the line is still closed the first of all waits as well.
 */
function positionOf(waitMs: number, intervalMs: number, closed: boolean): number {
  return Math.max(1, Math.ceil(waitMs / intervalMs - ROUNDING) + (closed ? 1 : 0));
}

/** Without its store nobody can be told a place. @throws unavailable */
async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw new Unavailable('the waiting room cannot be reached', undefined, { cause: error });
  }
}

function lineOf({ eventId }: CatalogEvent): string {
  return `queue:${eventId}`;
}
