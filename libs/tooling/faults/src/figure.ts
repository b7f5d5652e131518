import type { LabShop, MetricWhere, Seen } from './lab';

/** A metric of the shop that tells that something acts. */
export interface Figure {
  readonly metric: string;
  readonly where?: MetricWhere;
  /** By how much it must have grown. */
  readonly least: number;
}

export interface Growth {
  seen(): Promise<Seen>;
}

/**
 * Counts from now on. A process that was restarted in between counts from 0. @throws Error, as `seen` does, while the
 * figure cannot be read: that is not 0
 */
export async function growthOf(shop: LabShop, { metric, where, least }: Figure): Promise<Growth> {
  const before = await shop.metric(metric, where);
  return { seen: async () => ({ metric, value: Math.max(0, (await shop.metric(metric, where)) - before), least }) };
}
