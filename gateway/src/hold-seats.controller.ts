import { Controller, Headers, Inject } from '@nestjs/common';
import {
  PUBLIC_PREFIX,
  publicRoutes,
  type CatalogEvent,
  type Hold,
  type InputOf,
  type StoredAnswer,
} from '@stampede/contracts';
import type { Budget } from '@stampede/resilience';
import {
  Answer,
  Caller,
  IdempotencyKey,
  Input,
  PROBLEM_TYPE,
  RequestBudget,
  classify,
  isFinal,
  problemOf,
  type CallerIdentity,
} from '@stampede/service-kit';
import { NotOnSale, SaleClosed } from './errors';
import { PEERS, type GatewayPeers } from './injected';
import { KnownEvents } from './known-events';
import { Public } from './public-route';
import { QuoteDesk } from './quote-desk';
import { WaitingRoom } from './waiting-room';

const route = publicRoutes.holdSeats;
type Wish = InputOf<typeof route>;
const PUBLIC_PATH = PUBLIC_PREFIX + route.path;

interface Visitor {
  readonly buyerId: string;
  readonly key: string;
  readonly admissionToken: string | undefined;
  readonly budget: Budget;
  readonly newVersion: boolean;
}

@Controller()
export class HoldSeatsController {
  constructor(
    @Inject(PEERS) private readonly peers: GatewayPeers,
    private readonly events: KnownEvents,
    private readonly quotes: QuoteDesk,
    private readonly waitingRoom: WaitingRoom,
  ) {}

  /** Event, admission and price, then seats. The key is claimed first, so that a repeat asks nobody for a price. */
  @Public('holdSeats')
  async hold(
    @Input(route) wish: Wish,
    @Caller() { id: buyerId }: CallerIdentity,
    @IdempotencyKey() key: string,
    @Headers('admission-token') admissionToken: string | undefined,
    @Headers('x-release') release: string | undefined,
    @RequestBudget() budget: Budget,
  ): Promise<Answer<unknown>> {
    const call = { budget, priority: 'critical' } as const;
    const claim = await this.peers.inventory.claimHoldKey({ buyerId, key, request: wish }, call);
    if (claim.kind === 'replay') return replayed(claim.answer);
    const { claimId } = claim;
    const visitor = { buyerId, key, admissionToken, budget, newVersion: release === 'canary' };
    try {
      return new Answer(await this.compose(wish, claimId, visitor), {
        status: route.status,
      });
    } catch (error) {
      const answer = isFinal(error)
        ? { status: error.status, body: problemOf(classify(error), PUBLIC_PATH) }
        : undefined;
      const settled = { buyerId, key, claimId, ...(answer === undefined ? {} : { answer }) };
      // What inventory refused it has stored; a claim that cannot be settled now ends by itself.
      await this.peers.inventory.settleHoldKey(settled, { ...call, idempotent: true }).catch(() => undefined);
      throw error;
    }
  }

  private async compose(wish: Wish, claimId: string, visitor: Visitor): Promise<Hold> {
    const { eventId, category, quantity } = wish;
    const { buyerId, key, budget, newVersion } = visitor;
    const { event } = await this.events.get(eventId);
    assertSelling(event);
    await this.waitingRoom.assertAdmitted(event, buyerId, visitor.admissionToken);
    const quote = await this.quotes.quote(event, wish, { budget, newVersion });
    return this.peers.inventory.holdSeats(
      { buyerId, key, claimId, eventId, category, quantity, quote },
      { budget, priority: 'critical' },
    );
  }
}

function assertSelling(event: CatalogEvent): void {
  const now = Date.now();
  if (now < Date.parse(event.onSaleAt)) throw new NotOnSale(event);
  if (now >= Date.parse(event.startsAt)) throw new SaleClosed();
}

function replayed({ status, body }: StoredAnswer): Answer<unknown> {
  const headers = { 'idempotent-replayed': 'true', ...(status >= 400 ? { 'content-type': PROBLEM_TYPE } : {}) };
  return new Answer(body, { status, headers });
}
