import { Refused } from '@stampede/service-kit';

/** The key belongs to another request: to one with other figures, or to an answer "never captured". */
export class KeyRefused extends Refused {
  constructor(detail: string) {
    super('idempotency_conflict', detail);
  }
}
