import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { CircuitBreaker } from '@stampede/resilience';
import { Handle, Input, defineSettings } from '@stampede/service-kit';
import { openService } from '@stampede/service-kit/testing';
import { serveBench } from './child.ts';
import { benchApi } from './order.ts';

/** A service of the shop: contract, checks, tracing, metrics, load shedding, and its work behind a breaker. */
const breaker = new CircuitBreaker('bench');
const { place } = benchApi.routes;

class OrdersController {
  async place({ eventId, holdId, seats }: { eventId: string; holdId: string; seats: unknown[] }): Promise<unknown> {
    return breaker.run(async () => ({ eventId, holdId, status: 'pending', seats }));
  }
}
// decorators written out: Node runs this file as it is, by stripping its types
const descriptor = Object.getOwnPropertyDescriptor(OrdersController.prototype, 'place') as PropertyDescriptor;
Handle(place, { priority: 'critical' })(OrdersController.prototype, 'place', descriptor);
Input(place)(OrdersController.prototype, 'place', 0);
Controller()(OrdersController);
class OrdersModule {}
Module({ controllers: [OrdersController] })(OrdersModule);

// no top-level await, so that the cold-start benchmark can bundle this as CommonJS
void openService({ settings: defineSettings('bench', {}), load: () => ({ module: OrdersModule }) }).then((service) =>
  serveBench(Number(new URL(service.url).port)),
);
