import { join } from 'node:path';
import {
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { Bus } from '@stampede/bus';
import { catalogApi, inventoryApi, pricingApi } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { kvMigration, openKv, type Kv } from '@stampede/kv';
import { OutboxRelay, outboxMigration } from '@stampede/outbox';
import {
  BUS,
  CALLER_ID_HEADER,
  CALLER_ROLE_HEADER,
  CONFIG,
  DATABASE,
  LOG,
  peersOf,
  type Log,
  type PeerOptions,
  type ServiceParts,
} from '@stampede/service-kit';
import { metricsOf, watchOutbox } from '@stampede/telemetry';
import type { GatewayConfig } from './config';
import { CreateEventController } from './create-event.controller';
import { DocumentsController } from './documents.controller';
import { EventPage } from './event-page';
import { Forward } from './forward';
import { ForwardController } from './forward.controller';
import { HoldSeatsController } from './hold-seats.controller';
import { keepHot } from './hot-answers';
import { KEEP_HOT, KV, OUTBOX_RELAY, PEERS, type GatewayPeers } from './injected';
import { adminRoutes } from './issue-token';
import { KeyRing } from './key-ring';
import { KnownEvents } from './known-events';
import { PublishDrafts } from './publish-drafts';
import { QueueController } from './queue.controller';
import { AddressQuotaGuard, BuyerQuotaGuard } from './quota.guard';
import { Quotas } from './quotas';
import { QuoteDesk } from './quote-desk';
import { ReadEventController } from './read-event.controller';
import { SessionGuard } from './session.guard';
import { SignInController } from './sign-in.controller';
import { serveStorefront } from './storefront';
import { Tokens } from './tokens';
import { WaitingRoom } from './waiting-room';

function makePeers(config: GatewayConfig): GatewayPeers {
  const apis = { catalog: catalogApi, pricing: pricingApi, inventory: inventoryApi };
  return peersOf(config, apis, { catalog: hedged(config, 'catalog'), inventory: hedged(config, 'inventory') });
}

/** Reads of a page are worth a second call where another replica may be faster; with one there is none. */
function hedged({ peers }: GatewayConfig, peer: string): Pick<PeerOptions, 'hedge'> {
  return (peers[peer]?.length ?? 0) > 1 ? { hedge: {} } : {};
}

function makeQuotas(kv: Kv, log: Log): Quotas {
  return new Quotas({
    kv,
    onShareFailed: (error) => log.warn({ err: error }, 'quotas could not be shared; each replica counts by itself'),
  });
}

@Module({
  controllers: [
    SignInController,
    ReadEventController,
    CreateEventController,
    QueueController,
    HoldSeatsController,
    ForwardController,
    DocumentsController,
  ],
  providers: [
    KeyRing,
    Tokens,
    KnownEvents,
    EventPage,
    QuoteDesk,
    WaitingRoom,
    Forward,
    PublishDrafts,
    { provide: PEERS, useFactory: makePeers, inject: [CONFIG] },
    {
      provide: KV,
      useFactory: (database: Database, { redisUrl }: GatewayConfig) => openKv({ database, redisUrl }),
      inject: [DATABASE, CONFIG],
    },
    { provide: KEEP_HOT, useFactory: keepHot, inject: [KV, CONFIG] },
    { provide: Quotas, useFactory: makeQuotas, inject: [KV, LOG] },
    {
      provide: OUTBOX_RELAY,
      useFactory: (database: Database, bus: Bus, { service }: GatewayConfig) =>
        new OutboxRelay(database, bus, { source: service }),
      inject: [DATABASE, BUS, CONFIG],
    },
    // In this order: what a flood costs, who it is, what that one may.
    { provide: APP_GUARD, useClass: AddressQuotaGuard },
    { provide: APP_GUARD, useClass: SessionGuard },
    { provide: APP_GUARD, useClass: BuyerQuotaGuard },
  ],
})
export class GatewayModule implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  constructor(
    @Inject(CONFIG) private readonly config: GatewayConfig,
    @Inject(OUTBOX_RELAY) private readonly relay: OutboxRelay,
    @Inject(KV) private readonly kv: Kv,
    private readonly quotas: Quotas,
  ) {}

  onApplicationBootstrap(): void {
    watchOutbox(metricsOf(this.config.service), this.relay);
    this.relay.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.quotas.close();
    await this.relay.stop();
  }

  onApplicationShutdown(): Promise<void> {
    return this.kv.close();
  }
}

const WEB_DIR = join(__dirname, '..', 'web', 'dist');

export const partsOf = (config: GatewayConfig): ServiceParts => ({
  module: GatewayModule,
  migrations: [kvMigration, outboxMigration, join(__dirname, '..', 'migrations')],
  adminRoutes,
  edge: true,
  prepare: (fastify) => {
    // Whatever a client says of who it is counts for nothing; only the session guard sets these.
    fastify.addHook('onRequest', (request, _reply, done) => {
      delete request.headers[CALLER_ID_HEADER];
      delete request.headers[CALLER_ROLE_HEADER];
      done();
    });
    serveStorefront(fastify, config.GATEWAY_WEB_DIR || WEB_DIR);
  },
});
