import { Controller, Inject } from '@nestjs/common';
import { ordersApi, type InputOf } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import {
  Answer,
  Caller,
  DATABASE,
  EventStream,
  Events,
  Handle,
  Input,
  type CallerIdentity,
} from '@stampede/service-kit';
import { readableBy } from './errors';
import { isTerminal } from './order';
import { orderView, selectOrder, type OrderRow } from './order.sql';
import { OrderWatch } from './order-watch';

const route = ordersApi.routes.streamOrder;
const NO_CONTENT = new Answer(undefined, { status: 204 });

@Controller()
export class StreamOrderController {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly watch: OrderWatch,
  ) {}

  /**
   * The present state, then every change, to the end. The id of an event is the order's version, so a client that comes
   * back misses nothing.
   */
  @Handle(route, { produces: 'text/event-stream' })
  async stream(
    @Input(route) { orderId }: InputOf<typeof route>,
    @Caller() caller: CallerIdentity,
    @Events() stream: EventStream,
  ): Promise<Answer<undefined> | undefined> {
    let order: OrderRow | undefined = readableBy(caller, await selectOrder(this.database.kysely, orderId));
    let sent = seenBy(stream, order);
    if (isTerminal(order.status) && sent >= order.version) return NO_CONTENT;
    stream.open();
    while (order !== undefined && !stream.closed.aborted) {
      if (order.version > sent) {
        stream.send({ event: 'order', id: order.version, data: orderView(order) });
        sent = order.version;
      }
      if (isTerminal(order.status)) break;
      order = await this.watch.next(orderId, sent, stream.closed);
    }
    stream.close();
    return undefined;
  }
}

/**
 * The version a client that comes back has seen; 0 for a new one and for a header that names no version there has been.
 */
function seenBy({ lastEventId = '' }: EventStream, { version }: OrderRow): number {
  const seen = /^\d{1,9}$/.test(lastEventId) ? Number(lastEventId) : 0;
  return seen <= version ? seen : 0;
}
