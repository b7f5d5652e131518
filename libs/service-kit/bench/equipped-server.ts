import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { CircuitBreaker } from '@stampede/resilience';
import { Handle, Input, defineSettings } from '@stampede/service-kit';
import { openService } from '@stampede/service-kit/testing';
import { serveBench } from './child.ts';
import { benchApi, events } from './shop.ts';

/** A service of the shop: contract, checks, tracing, metrics, load shedding, and its work behind a breaker. */
const breaker = new CircuitBreaker('bench');
const { place, list } = benchApi.routes;

class ShopController {
  async place({ eventId, holdId, seats }: { eventId: string; holdId: string; seats: unknown[] }): Promise<unknown> {
    return breaker.run(async () => ({ eventId, holdId, status: 'pending', seats }));
  }

  async list({ page }: { page: number }): Promise<unknown> {
    return breaker.run(async () => ({ items: events, page, total: 104 }));
  }
}
// decorators written out: Node runs this file as it is, by stripping its types
for (const [name, route] of Object.entries({ place, list })) {
  const descriptor = Object.getOwnPropertyDescriptor(ShopController.prototype, name) as PropertyDescriptor;
  Handle(route, { priority: 'critical' })(ShopController.prototype, name, descriptor);
  Input(route)(ShopController.prototype, name, 0);
}
Controller()(ShopController);
class ShopModule {}
Module({ controllers: [ShopController] })(ShopModule);

// no top-level await, so that the cold-start benchmark can bundle this as CommonJS
void openService({ settings: defineSettings('bench', {}), load: () => ({ module: ShopModule }) }).then((service) =>
  serveBench(Number(new URL(service.url).port)),
);
