import { Controller, Inject } from '@nestjs/common';
import { ordersApi, type InputOf, type ReplyOf } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { Caller, DATABASE, Handle, Input, type CallerIdentity } from '@stampede/service-kit';
import { orderView, selectPage } from './order.sql';

const route = ordersApi.routes.listOrders;

@Controller()
export class ListOrdersController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Handle(route)
  async list(
    @Input(route) { page, pageSize }: InputOf<typeof route>,
    @Caller() buyer: CallerIdentity,
  ): Promise<ReplyOf<typeof route>> {
    const { rows, total } = await selectPage(this.database, buyer.id, pageSize, (page - 1) * pageSize);
    return { items: rows.map(orderView), page, pageSize, total };
  }
}
