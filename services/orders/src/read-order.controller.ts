import { Controller, Inject } from '@nestjs/common';
import { ordersApi, type InputOf, type Order } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { Caller, DATABASE, Handle, Input, type CallerIdentity } from '@stampede/service-kit';
import { readableBy } from './errors';
import { orderView, selectOrder } from './order.sql';

const route = ordersApi.routes.readOrder;

@Controller()
export class ReadOrderController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Handle(route)
  async read(@Input(route) { orderId }: InputOf<typeof route>, @Caller() caller: CallerIdentity): Promise<Order> {
    return orderView(readableBy(caller, await selectOrder(this.database.kysely, orderId)));
  }
}
