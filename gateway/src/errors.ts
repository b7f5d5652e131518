import type { CatalogEvent } from '@stampede/contracts';
import { DomainError } from '@stampede/service-kit';

export type QuotaName = 'buyer' | 'address';

/** 429, with what the quota is and when it is whole again. @see draft-ietf-httpapi-ratelimit-headers-10 */
export class RateLimited extends DomainError {
  override readonly code = 'rate_limited';
  override readonly retryAfterMs: number;
  override readonly headers: Readonly<Record<string, string>>;
  constructor(quota: QuotaName, limit: number, windowMs: number, resetMs: number) {
    super(`more than ${limit} requests in ${windowMs / 1_000} s`);
    this.retryAfterMs = resetMs;
    this.headers = {
      ratelimit: `"${quota}";r=0;t=${Math.ceil(resetMs / 1_000)}`,
      'ratelimit-policy': `"${quota}";q=${limit};w=${windowMs / 1_000}`,
    };
  }
}

/** 409: before `onSaleAt`. */
export class NotOnSale extends DomainError {
  override readonly code = 'not_on_sale';
  constructor({ onSaleAt }: CatalogEvent) {
    super(`the sale begins at ${onSaleAt}`);
  }
}

/** 409: after `startsAt`. */
export class SaleClosed extends DomainError {
  override readonly code = 'sale_closed';
  constructor() {
    super('the event has begun');
  }
}

/** 403: the waiting room has not let the buyer in, or long ago. */
export class NotAdmitted extends DomainError {
  override readonly code = 'not_admitted';
  constructor() {
    super('join the waiting room of this event first, and come back when it admits you');
  }
}

/** 503: without a price nothing is held. */
export class PricingUnavailable extends DomainError {
  override readonly code = 'pricing_unavailable';
  override readonly retryAfterMs = 1_000;
  constructor(options?: ErrorOptions) {
    super('no price can be had now; nothing is held', options);
  }
}
