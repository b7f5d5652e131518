/** Another worker has the saga, or may have it: this one writes and calls nothing more on its behalf. */
export class LeaseLost extends Error {}

/**
 * One worker's hold on one saga. Other workers stay away while it is renewed; the store refuses writes by a lost one.
 */
export class Lease {
  private readonly controller = new AbortController();

  /** `renewedAtMs` is when the lease was asked for (`performance.now()`), not when the answer came. */
  constructor(
    readonly id: string,
    readonly leaseToken: number,
    private readonly leaseMs: number,
    private renewedAtMs: number,
  ) {}

  /** Aborts with `LeaseLost`. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Also false after a pause of the process that outlasted the lease, when no timer had a chance to tell. */
  get held(): boolean {
    return !this.signal.aborted && performance.now() - this.renewedAtMs < this.leaseMs;
  }

  /** `atMs` is when the renewal was asked for (`performance.now()`), not when its answer came. */
  renewed(atMs: number): void {
    this.renewedAtMs = Math.max(this.renewedAtMs, atMs);
  }

  lose(): void {
    this.controller.abort(new LeaseLost(`lost the lease of saga ${this.id}`));
  }
}

/** The leases of one worker, renewed together: one statement every third of a lease, however many sagas. */
export class Leases {
  private readonly held = new Set<Lease>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly leaseMs: number,
    private readonly renew: (leases: Lease[]) => Promise<string[]>,
  ) {}

  /** `askedAtMs`: see `Lease`. */
  hold(row: { readonly id: string; readonly leaseToken: number }, askedAtMs: number): Lease {
    const lease = new Lease(row.id, row.leaseToken, this.leaseMs, askedAtMs);
    this.held.add(lease);
    this.timer ??= setInterval(() => void this.renewAll(), this.leaseMs / 3).unref();
    return lease;
  }

  release(lease: Lease): void {
    this.held.delete(lease);
    if (this.held.size === 0) {
      this.abandon();
    }
  }

  /** Renews nothing any more. */
  abandon(): void {
    this.held.clear();
    clearInterval(this.timer ?? undefined);
    this.timer = null;
  }

  private async renewAll(): Promise<void> {
    const leases = [...this.held];
    const askedAtMs = performance.now();
    const renewed = await this.renew(leases).then(
      (ids) => new Set(ids),
      () => null,
    ); // null: the database did not answer
    for (const lease of leases) {
      if (renewed?.has(lease.id)) {
        lease.renewed(askedAtMs);
      } else if (renewed || !lease.held) {
        lease.lose();
      }
    }
  }
}
