import { Controller } from '@nestjs/common';
import { paymentsApi, type InputOf, type ReplyOf } from '@stampede/contracts';
import type { Budget } from '@stampede/resilience';
import { Handle, Input, RequestBudget } from '@stampede/service-kit';
import { Captures } from './captures.service';

const route = paymentsApi.routes.refund;

@Controller()
export class RefundController {
  constructor(private readonly captures: Captures) {}

  @Handle(route, { priority: 'critical' })
  async refund(
    @Input(route) { orderId }: InputOf<typeof route>,
    @RequestBudget() budget: Budget,
  ): Promise<ReplyOf<typeof route>> {
    return { outcome: await this.captures.refund(orderId, budget) };
  }
}
