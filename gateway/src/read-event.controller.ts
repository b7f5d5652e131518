import { Controller } from '@nestjs/common';
import { publicRoutes, type Event, type InputOf } from '@stampede/contracts';
import { Input } from '@stampede/service-kit';
import { EventPage } from './event-page';
import { Public } from './public-route';

const route = publicRoutes.readEvent;

@Controller()
export class ReadEventController {
  constructor(private readonly page: EventPage) {}

  @Public('readEvent')
  read(@Input(route) { eventId }: InputOf<typeof route>): Promise<Event> {
    return this.page.read(eventId);
  }
}
