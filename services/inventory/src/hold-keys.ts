import { Inject, Injectable } from '@nestjs/common';
import { Id } from '@stampede/contracts';
import { IdempotencyStore, type Claim, type Database, type Replay } from '@stampede/db';
import { DATABASE, ValidationFailed } from '@stampede/service-kit';

const ROUTE = 'POST /holds';
const SEPARATOR = '.';

/**
 * The keys of `POST /holds`. They are kept here, beside the holds, so that a hold and its answer are stored together.
 */
@Injectable()
export class HoldKeys {
  private readonly store: IdempotencyStore;

  constructor(@Inject(DATABASE) database: Database) {
    this.store = new IdempotencyStore(database);
  }

  /** @throws idempotency_in_flight, idempotency_conflict */
  claim(buyerId: string, key: string, request: unknown): Promise<Claim | Replay> {
    return this.store.claim({ caller: buyerId, route: ROUTE, key, request });
  }

  /** A claim as the gateway carries it from one call to the next. */
  static pass(claim: Claim): string {
    return claim.owner.claimId + SEPARATOR + claim.resourceId;
  }

  /** The claim behind a pass. @throws validation_failed for what `pass` did not make */
  resume(buyerId: string, key: string, pass: string): Claim {
    const [claimId, resourceId] = pass.split(SEPARATOR);
    if (!Id.safeParse(claimId).success || !Id.safeParse(resourceId).success) {
      throw new ValidationFailed([{ pointer: '/claimId', detail: 'is no claim' }]);
    }
    return this.store.resume({ caller: buyerId, route: ROUTE, key, claimId: claimId as string }, resourceId as string);
  }
}
