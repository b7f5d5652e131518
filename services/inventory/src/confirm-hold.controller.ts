import { Controller, Inject } from '@nestjs/common';
import { inventoryApi, type InputOf, type ReplyOf } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { DATABASE, Handle, Input } from '@stampede/service-kit';
import { HoldExpired, HoldUsed, NoSuchHold } from './errors';
import { selectHold, sellToOrder } from './hold.sql';
import { seatName } from './seat-map';

const route = inventoryApi.routes.confirmHold;

@Controller()
export class ConfirmHoldController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** Once per hold; a late repeat after the order was undone sells nothing. */
  @Handle(route, { priority: 'critical' })
  async confirm(@Input(route) { holdId, orderId }: InputOf<typeof route>): Promise<ReplyOf<typeof route>> {
    const sold = await sellToOrder(this.database, holdId, orderId);
    if (sold !== undefined) return { seats: sold.seat_indexes.map(seatName) };
    const hold = await selectHold(this.database.kysely, holdId);
    if (hold === undefined) throw new NoSuchHold();
    if (hold.order_id !== orderId) throw new HoldUsed();
    if (hold.state !== 'sold') throw new HoldExpired();
    return { seats: hold.seat_indexes.map(seatName) };
  }
}
