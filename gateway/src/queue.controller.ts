import { Controller } from '@nestjs/common';
import { publicRoutes, type InputOf, type QueuePlace } from '@stampede/contracts';
import { Caller, Input, NotFound, type CallerIdentity } from '@stampede/service-kit';
import { KnownEvents } from './known-events';
import { Public } from './public-route';
import { WaitingRoom } from './waiting-room';

const { joinQueue, readQueue } = publicRoutes;

@Controller()
export class QueueController {
  constructor(
    private readonly events: KnownEvents,
    private readonly waitingRoom: WaitingRoom,
  ) {}

  @Public('joinQueue')
  async join(
    @Input(joinQueue) { eventId }: InputOf<typeof joinQueue>,
    @Caller() buyer: CallerIdentity,
  ): Promise<QueuePlace> {
    const { event } = await this.events.get(eventId);
    return this.waitingRoom.join(event, buyer.id);
  }

  @Public('readQueue')
  async read(
    @Input(readQueue) { eventId }: InputOf<typeof readQueue>,
    @Caller() buyer: CallerIdentity,
  ): Promise<QueuePlace> {
    const { event } = await this.events.get(eventId);
    const place = await this.waitingRoom.look(event, buyer.id);
    if (place === undefined) throw new NotFound('you are not in this line; POST here to join it');
    return place;
  }
}
