import { Controller, Inject } from '@nestjs/common';
import { publicRoutes, type Event, type InputOf } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import type { Budget } from '@stampede/resilience';
import { Caller, Input, Refused, RequestBudget, ValidationFailed, type CallerIdentity } from '@stampede/service-kit';
import { pageOf } from './event-page';
import { PEERS, type GatewayPeers } from './injected';
import { Public } from './public-route';
import { publishEvents } from './publish-drafts';

const route = publicRoutes.createEvent;

@Controller()
export class CreateEventController {
  constructor(@Inject(PEERS) private readonly peers: GatewayPeers) {}

  /** Draft, seats, publication. What breaks in between is repaired by the sweep of drafts, so the answer says so. */
  @Public('createEvent')
  async create(
    @Input(route) event: InputOf<typeof route>,
    @Caller() organiser: CallerIdentity,
    @RequestBudget() budget: Budget,
  ): Promise<Event> {
    if (Date.parse(event.startsAt) <= Date.now())
      throw new ValidationFailed([{ pointer: '/startsAt', detail: 'must be in the future' }]);
    const draft = await this.peers.catalog.draftEvent(
      { eventId: uuidv7(), event, organiserId: organiser.id },
      { budget },
    );
    try {
      await publishEvents(this.peers, [draft], budget);
    } catch (error) {
      throw new Refused(
        'outcome_unknown',
        `event ${draft.eventId} is stored and goes on sale when all parts are back`,
        { cause: error, retryAfterMs: 5_000 },
      );
    }
    const availability = draft.categories.map(({ category, capacity }) => ({
      category,
      capacity,
      available: capacity,
    }));
    return pageOf(draft, availability, draft.categories, []);
  }
}
