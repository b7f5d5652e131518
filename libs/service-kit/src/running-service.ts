import { Module, type DynamicModule, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Database } from '@stampede/db';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { carryBudgetsAs, instantOnTheWire, restOnTheWire, type Priority } from '@stampede/resilience';
import { httpServerMetrics, httpServerTracing, logger, startTelemetry, type Telemetry } from '@stampede/telemetry';
import { mitigated } from '@stampede/topology';
import type { FastifyInstance } from 'fastify';
import { openAdminServer, type AdminRoute, type AdminServer } from './admin-server';
import { EarlyRefusal } from './early-refusal';
import { OpenStreams, STREAMS } from './event-stream';
import { ServiceAdapter, type AdapterOptions } from './http-adapter';
import { mustGiveWay, noteRefusal } from './give-way';
import { portError } from './listen';
import { Overload } from './overload';
import { NestLogger, type Log } from './nest-logger';
import { allowMicroservices } from './nest-microservices';
import { ProblemFilter } from './problem.filter';
import type { ServiceConfig } from './settings';
import { openStores, type Stores } from './stores';
import { ADMIT_ALL, stormBrakes } from './storm-brakes';
import { BUS, CONFIG, DATABASE, GIVE_WAY, LOG } from './tokens';

/** What makes one service out of the kit. */
export interface ServiceParts {
  /** Controllers, consumers and providers. `CONFIG`, `DATABASE`, `BUS` and `LOG` can be injected anywhere in it. */
  readonly module: Type<unknown> | DynamicModule;
  /** Directories of `000N_<what>.sql`, applied in this order before the module is made. */
  readonly migrations?: readonly string[];
  /** Whether the shop's load is decided on here: see `Overload`. Default no. */
  readonly edge?: boolean;
  /** Own state only, never a peer's. `true`, or why the service cannot serve now. */
  readonly ready?: (app: INestApplication) => true | string;
  /** More answers of the admin port, keyed by method and path. */
  readonly adminRoutes?: (app: INestApplication) => Readonly<Record<string, AdminRoute>>;
  /** Hooks of the service's own server, before any route is registered. */
  readonly prepare?: (fastify: FastifyInstance, config: ServiceConfig) => void;
}

/** In-flight answers get that long once the port is closed. */
const FINISH_IN_FLIGHT_MS = 10_000;
const SWEEP_IDLE_MS = 20;

@Module({})
class ServiceModule {}

/** One service of this process, from its first breath (liveness) to its last. */
export class RunningService {
  private state: 'starting' | 'ready' | 'draining' = 'starting';
  readonly log: Log;
  readonly telemetry: Telemetry;
  private readonly overload: Overload;
  private readonly streams = new OpenStreams();
  private admin: AdminServer | undefined;
  private stores: Stores | undefined;
  private started: NestFastifyApplication | undefined;
  private starting: Promise<this> | undefined;
  private stopping: Promise<void> | undefined;

  constructor(
    readonly config: ServiceConfig,
    private readonly parts: ServiceParts,
    private readonly needs: { readonly database?: boolean; readonly bus?: boolean },
  ) {
    carryBudgetsAs(mitigated('budget-as-rest', restOnTheWire, instantOnTheWire, config.env));
    this.telemetry = startTelemetry({ service: config.service, instance: config.instance });
    this.log = logger(config.service).child({ instance: config.instance });
    this.overload = new Overload({
      service: config.service,
      waitingForPool: () => this.stores?.database?.stats().waiting ?? 0,
      edge: parts.edge === true,
      onShed: (priority) => this.countShed(priority),
    });
  }

  get name(): string {
    return this.config.service;
  }

  get app(): NestFastifyApplication {
    if (this.started === undefined) throw new Error(`${this.name} has not started`);
    return this.started;
  }

  /** Where the traffic port really is. */
  get url(): string {
    const { port } = this.app.getHttpServer().address() as { port: number };
    return `http://${this.config.host}:${port}`;
  }

  get adminUrl(): string {
    return `http://${this.config.host}:${this.admin?.port ?? 0}`;
  }

  /** Probes first, so that a slow start is seen as alive; then stores, module and traffic port; consumers last. */
  start(): Promise<this> {
    this.starting ??= this.open();
    return this.starting;
  }

  private async open(): Promise<this> {
    const { host } = this.config;
    const routes: Record<string, AdminRoute> = {};
    this.admin = await openAdminServer({
      host,
      port: this.config.adminPort,
      ready: () => this.readiness(),
      metrics: () => this.telemetry.metrics.render(),
      routes,
    });
    this.stores = await openStores(this.config, this.needs, this.parts.migrations ?? []);
    this.watchPool(this.stores.database);
    if (this.config.migrate === 'only') return this;
    const app = await this.createApp(this.stores);
    this.started = app;
    await app.init();
    (app.getHttpAdapter() as unknown as ServiceAdapter).callDirectly(app);
    await app.listen(this.config.port, host).catch((error: unknown) => {
      throw portError(error, this.config.port);
    });
    Object.assign(routes, this.parts.adminRoutes?.(app));
    Object.assign(routes, await this.startConsumers(app, this.stores));
    if (this.state === 'starting') this.state = 'ready';
    this.overload.watch();
    this.log.info({ url: this.url, address: this.adminUrl }, 'ready');
    return this;
  }

  private watchPool(database: Database | undefined): void {
    if (database === undefined) return;
    const { metrics, service } = this.telemetry;
    for (const state of ['total', 'idle'] as const)
      metrics.read('poolConnections', { database: service, state }, () => database.stats()[state]);
    metrics.read('poolWaiting', { database: service }, () => database.stats().waiting);
  }

  private async createApp(stores: Stores): Promise<NestFastifyApplication> {
    const filter = new ProblemFilter(this.log, stores.isTransient);
    const { service, env } = this.config;
    const draining = () => this.state === 'draining';
    const adapter = new ServiceAdapter({
      filter,
      draining,
      ...(this.parts.edge === true ? {} : { behind: { busy: () => this.overload.busy } }),
      ...stormBrakes(env).admission(mitigated('shed-load', this.sheds(draining), ADMIT_ALL, env)),
      observe: (fastify) => {
        httpServerTracing(fastify, { service });
        httpServerMetrics(fastify, this.telemetry.metrics);
      },
    });
    const fastify = adapter.getInstance() as unknown as FastifyInstance;
    fastify.decorate(STREAMS, this.streams);
    this.parts.prepare?.(fastify, this.config);
    if (stores.bus !== undefined) allowMicroservices();
    const app = await NestFactory.create<NestFastifyApplication>(this.rootModule(stores), adapter as FastifyAdapter, {
      logger: new NestLogger(this.log),
      bodyParser: false,
      abortOnError: false,
    });
    return app.useGlobalFilters(filter);
  }

  /** Refuses where there is too much; at the edge before the framework has read anything. */
  private sheds(draining: () => boolean): Pick<AdapterOptions, 'admit' | 'door'> {
    const admit: AdapterOptions['admit'] = (arrival, response) => this.overload.admit(arrival, response);
    if (this.parts.edge !== true) return { admit };
    const { metrics } = this.telemetry;
    const onShed = (priority: Priority) => this.countShed(priority);
    return { admit, door: new EarlyRefusal({ metrics, full: () => this.overload.full, draining, onShed }) };
  }

  private countShed(priority: Priority): void {
    noteRefusal();
    this.telemetry.metrics.count('shed', { shedder: this.config.service, priority, reason: 'concurrency' });
  }

  /** Resolves with what the admin port tells of them. */
  private async startConsumers(app: NestFastifyApplication, stores: Stores): Promise<Record<string, AdminRoute>> {
    const { bus, isTransient } = stores;
    if (bus === undefined) return {};
    const { BusTransport } = await import('./bus-transport.js');
    const { service, env } = this.config;
    const deadLetters = mitigated('dead-letters', true, false, env);
    const strategy = new BusTransport({ bus, service, isTransient, deadLetters, log: this.log });
    app.connectMicroservice({ strategy }, { inheritAppConfig: true });
    await app.startAllMicroservices();
    return { 'GET /dead-letters': async () => ({ deadLetters: await strategy.deadLetters() }) };
  }

  private rootModule(stores: Stores): DynamicModule {
    const provided = new Map<symbol, unknown>([
      [CONFIG, this.config],
      [LOG, this.log],
      [DATABASE, stores.database],
      [BUS, stores.bus],
      [GIVE_WAY, mustGiveWay],
    ]);
    const providers = [...provided].map(([provide, useValue]) => ({ provide, useValue }));
    return {
      module: ServiceModule,
      global: true,
      providers,
      exports: [...provided.keys()],
      imports: [this.parts.module as Type<unknown>],
    };
  }

  private readiness(): true | string {
    if (this.state !== 'ready') return this.state;
    if (this.overload.shedding) return 'shedding load';
    return this.parts.ready?.(this.app) ?? true;
  }

  /**
   * Readiness off, wait for clients to look away, finish what is in flight, then consumers, module and stores. May be
   * called twice.
   */
  stop(): Promise<void> {
    this.stopping ??= this.drain();
    return this.stopping;
  }

  private async drain(): Promise<void> {
    this.state = 'draining';
    await this.starting?.catch(() => undefined); // whoever started it hears of the failure
    if (this.started !== undefined) {
      if (this.config.drainMs > 0) await new Promise((resolve) => setTimeout(resolve, this.config.drainMs));
      await this.closeTraffic(this.started);
      await this.started.close();
    }
    await this.stores?.close();
    await this.admin?.close();
    this.overload.stop();
    await this.telemetry.shutdown();
  }

  /**
   * Connections that fall idle while the last answers go out are closed as well: clients would keep them for a
   * minute.
   */
  private async closeTraffic(app: NestFastifyApplication): Promise<void> {
    this.streams.closeAll();
    const server = app.getHttpServer();
    // A connection whose request lies unread looks idle: a busy loop reads first, and closes then.
    const sweep = setInterval(() => setImmediate(() => server.closeIdleConnections()), SWEEP_IDLE_MS);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve))); // a whole turn of the loop
    const cutOff = setTimeout(() => server.closeAllConnections(), FINISH_IN_FLIGHT_MS);
    await app.getHttpAdapter().getInstance().close();
    clearInterval(sweep);
    clearTimeout(cutOff);
  }
}
