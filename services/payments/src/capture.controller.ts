import { Controller } from '@nestjs/common';
import { paymentsApi, type CaptureOutcome, type InputOf } from '@stampede/contracts';
import type { Budget } from '@stampede/resilience';
import { Handle, Input, RequestBudget } from '@stampede/service-kit';
import { Captures } from './captures.service';

const { capture, settleCapture } = paymentsApi.routes;

@Controller()
export class CaptureController {
  constructor(private readonly captures: Captures) {}

  @Handle(capture, { priority: 'critical' })
  capture(@Input(capture) request: InputOf<typeof capture>, @RequestBudget() budget: Budget): Promise<CaptureOutcome> {
    return this.captures.capture(request, budget);
  }

  @Handle(settleCapture, { priority: 'critical' })
  settle(
    @Input(settleCapture) { orderId, attempt }: InputOf<typeof settleCapture>,
    @RequestBudget() budget: Budget,
  ): Promise<CaptureOutcome> {
    return this.captures.settle(orderId, attempt, budget);
  }
}
