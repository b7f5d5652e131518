import { Inject, Injectable } from '@nestjs/common';
import type { CatalogEvent, QueuePlace } from '@stampede/contracts';
import type { Kv, Slot } from '@stampede/kv';
import { CONFIG } from '@stampede/service-kit';
import { metricsOf } from '@stampede/telemetry';
import type { GatewayConfig } from './config';
import { NotAdmitted } from './errors';
import { KV } from './injected';
import { Tokens } from './tokens';

const SECOND_MS = 1_000;
/** Who was let in may buy for that long; who comes later than that goes to the end of the line. */
const ADMISSION_MS = 600_000;

/**
 * Lets buyers in at the event's rate, in the order of their arrival: each gets a slot one interval after the last one, from the sale's opening on. A slot is
 * all there is to remember, so nothing has to run for the line to move, and any replica can tell anybody's place.
 */
@Injectable()
export class WaitingRoom {
  constructor(
    @Inject(KV) private readonly kv: Kv,
    @Inject(CONFIG) private readonly config: Pick<GatewayConfig, 'service'>,
    private readonly tokens: Tokens,
  ) {}

  /** The buyer's place; joining again changes nothing. Without a waiting room everybody is admitted. */
  async join(event: CatalogEvent, buyerId: string): Promise<QueuePlace> {
    if (event.admitPerSecond === null) return ADMITTED;
    const intervalMs = SECOND_MS / event.admitPerSecond;
    const notBeforeMs = Date.parse(event.onSaleAt);
    const slot = await this.kv.reserveSlot(lineOf(event), buyerId, { intervalMs, keepMs: ADMISSION_MS, notBeforeMs });
    return this.place(event, buyerId, slot, intervalMs);
  }

  /** The buyer's place; undefined for one who has not joined, or whose admission is over. */
  async look(event: CatalogEvent, buyerId: string): Promise<QueuePlace | undefined> {
    if (event.admitPerSecond === null) return ADMITTED;
    const slot = await this.kv.readSlot(lineOf(event), buyerId);
    return slot === null ? undefined : this.place(event, buyerId, slot, SECOND_MS / event.admitPerSecond);
  }

  /** @throws not_admitted unless the buyer shows an admission, or is remembered to have one. */
  async assertAdmitted(event: CatalogEvent, buyerId: string, admissionToken: string | undefined): Promise<void> {
    if (event.admitPerSecond === null) return;
    if (admissionToken !== undefined && (await this.tokens.admits(admissionToken, buyerId, event.eventId))) return;
    const slot = await this.kv.readSlot(lineOf(event), buyerId);
    if (slot === null || slot.admitAtMs > slot.nowMs) throw new NotAdmitted();
  }

  private async place(event: CatalogEvent, buyerId: string, { admitAtMs, nowMs }: Slot, intervalMs: number): Promise<QueuePlace> {
    const waitMs = admitAtMs - nowMs;
    if (waitMs > 0) {
      return { state: 'waiting', position: positionOf(waitMs, intervalMs), estimatedWaitSeconds: Math.ceil(waitMs / SECOND_MS) };
    }
    metricsOf(this.config.service).count('queueAdmissions', {});
    const admissionToken = await this.tokens.issueAdmission(buyerId, event.eventId, Date.now() + waitMs + ADMISSION_MS);
    return { state: 'admitted', position: 0, estimatedWaitSeconds: 0, admissionToken };
  }
}

const ADMITTED: QueuePlace = { state: 'admitted', position: 0, estimatedWaitSeconds: 0 };

/** How many are let in before and with the buyer: slots are one interval apart, so the wait tells. */
function positionOf(waitMs: number, intervalMs: number): number {
  return Math.max(1, Math.ceil(waitMs / intervalMs));
}

function lineOf({ eventId }: CatalogEvent): string {
  return `queue:${eventId}`;
}
