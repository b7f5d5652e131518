import { environmentPrefix, mitigationComplaint, peerUrlsVariable } from '@stampede/topology';
import {
  integer,
  loadConfig,
  oneOf,
  text,
  url,
  urlList,
  type Environment,
  type ValuesOf,
  type Variables,
} from './config';

/** What a service needs besides its own variables; each adds what it takes to reach it. */
export interface Needs {
  /** A PostgreSQL database of its own. */
  readonly database?: boolean;
  /** The event bus, embedded or Kafka. */
  readonly bus?: boolean;
  /** Redis, where there is one. */
  readonly redis?: boolean;
  /** Peers that it calls: `<PEER>_URLS` each, without a default. */
  readonly peers?: readonly string[];
}

/** What every service process is told, beside its own variables. */
export interface BaseConfig {
  readonly service: string;
  /** Names this replica in telemetry and in `pg_stat_activity`: `orders-0`. */
  readonly instance: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly adminPort: number;
  /** From readiness turning false to the port closing: the time that clients need to look away. */
  readonly drainMs: number;
  /** Stops when its standard input ends, and leaves Ctrl-C to the parent. */
  readonly parentPipe: boolean;
  /** `only` migrates and exits, `off` expects another step to have done it. */
  readonly migrate: 'start' | 'only' | 'off';
  readonly kafkaBrokers: string | undefined;
  /** The embedded bus, where there is no Kafka. */
  readonly busUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly env: Environment;
}

export type PeerAddresses = Readonly<Record<string, readonly string[]>>;
export type ServiceConfig<S extends Variables = Variables> = BaseConfig &
  ValuesOf<S> & { readonly peers: PeerAddresses };
/** What is the same in every service's configuration. */
export type AnyConfig = BaseConfig & { readonly peers: PeerAddresses };

/** A service's settings: read once at boot, listed in its README. */
export interface Settings<S extends Variables = Variables> {
  readonly service: string;
  readonly needs: Needs;
  /** Every variable, its own first, for the README's table. */
  readonly variables: Variables;
  /** @throws ConfigError naming every wrong, missing and unknown variable. */
  load(env?: Environment): ServiceConfig<S>;
}

export type ConfigOf<T> = T extends Settings<infer S> ? ServiceConfig<S> : never;

const POSTGRES = ['postgres', 'postgresql'] as const;
const HIGHEST_PORT = 65_535;
const LONGEST_DRAIN_MS = 60_000;

/** The one schema of a service's environment. Pure: nothing is read until `load`. */
export function defineSettings<const S extends Variables>(service: string, own: S, needs: Needs = {}): Settings<S> {
  const prefix = environmentPrefix(service);
  const peers = Object.fromEntries(
    (needs.peers ?? []).map((peer) => [peerUrlsVariable(peer), urlList({ why: `addresses of ${peer}` })]),
  );
  const base = baseVariables(prefix, needs);
  const variables: Variables = { ...own, ...base, ...peers };
  const load = (env: Environment = process.env): ServiceConfig<S> => {
    const known = [peerUrlsVariable(service), `${prefix}_DATABASE_URL`];
    const database = needs.database === true && env[`${prefix}_DATABASE_URL`] === undefined ? databaseServer() : {};
    const lab = mitigationComplaint(env);
    const complaints = lab === undefined ? [] : [lab];
    const needed = env['STAMPEDE_MIGRATE'] === 'only' ? whereSet(variables) : variables;
    const values = loadConfig({ ...needed, ...database }, { prefix, known, env, complaints }) as Record<
      string,
      unknown
    >;
    return {
      ...values,
      ...baseConfig(service, prefix, values, env),
      peers: addressesOf(needs, values),
    } as ServiceConfig<S>;
  };
  const databaseRow = needs.database === true ? databaseServer() : {};
  return { service, needs, variables: { ...variables, ...databaseRow }, load };
}

/** A step that migrates and exits is told where the database is; peers and the rest are none of its business. */
function whereSet(variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).map(([name, one]) => [name, { ...one, optional: true }]));
}

function baseVariables(prefix: string, needs: Needs): Variables {
  const port = (why: string) => integer({ min: 0, max: HIGHEST_PORT, default: 0, why });
  return {
    [`${prefix}_HOST`]: text({ default: '127.0.0.1', why: 'address to listen on; 0.0.0.0 in a container' }),
    [`${prefix}_PORT`]: port('traffic port; 0 takes a free one'),
    [`${prefix}_ADMIN_PORT`]: port('port of probes and metrics; 0 takes a free one'),
    STAMPEDE_REPLICA: text({ default: '0', why: 'tells replicas apart in telemetry' }),
    STAMPEDE_DRAIN_MS: integer({
      min: 0,
      max: LONGEST_DRAIN_MS,
      default: 0,
      why: 'time for clients to look away before the port closes',
    }),
    STAMPEDE_PARENT_PIPE: oneOf(['0', '1'], { default: '0', why: '1: stop when standard input ends' }),
    STAMPEDE_MIGRATE: oneOf(['start', 'only', 'off'], { default: 'start', why: 'who brings the database up to date' }),
    ...(needs.bus === true ? busVariables() : {}),
    ...(needs.redis === true
      ? { REDIS_URL: url({ optional: true, protocols: ['redis', 'rediss'], why: 'real Redis in place of PostgreSQL' }) }
      : {}),
  };
}

function busVariables(): Variables {
  return {
    KAFKA_BROKERS: text({
      optional: true,
      why: 'real Kafka in place of the embedded bus: host:port, separated by commas',
    }),
    BUS_DATABASE_URL: url({
      optional: true,
      protocols: POSTGRES,
      why: 'where the embedded bus is; default the database bus of DATABASE_URL',
    }),
  };
}

/** The embedded bus has a database of its own on the server of everybody's. */
function busUrl(values: Record<string, unknown>, env: Environment): string | undefined {
  const own = values['BUS_DATABASE_URL'] as string | undefined;
  const server = env['DATABASE_URL'];
  if (own !== undefined || server === undefined || !URL.canParse(server)) return own;
  const address = new URL(server);
  address.pathname = '/bus';
  return address.href;
}

function databaseServer(): Variables {
  return {
    DATABASE_URL: url({ protocols: POSTGRES, why: 'the PostgreSQL server; the database is named like the service' }),
  };
}

function baseConfig(service: string, prefix: string, values: Record<string, unknown>, env: Environment): BaseConfig {
  return {
    service,
    instance: `${service}-${String(values['STAMPEDE_REPLICA'])}`,
    host: values[`${prefix}_HOST`] as string,
    port: values[`${prefix}_PORT`] as number,
    adminPort: values[`${prefix}_ADMIN_PORT`] as number,
    drainMs: values['STAMPEDE_DRAIN_MS'] as number,
    parentPipe: values['STAMPEDE_PARENT_PIPE'] === '1',
    migrate: values['STAMPEDE_MIGRATE'] as BaseConfig['migrate'],
    kafkaBrokers: values['KAFKA_BROKERS'] as string | undefined,
    busUrl: busUrl(values, env),
    redisUrl: values['REDIS_URL'] as string | undefined,
    env,
  };
}

function addressesOf(needs: Needs, values: Record<string, unknown>): PeerAddresses {
  return Object.fromEntries(
    (needs.peers ?? []).map((peer) => [peer, values[peerUrlsVariable(peer)] as readonly string[]]),
  );
}

/** One row of a README's table. */
export interface SettingRow {
  readonly name: string;
  readonly allowed: string;
  /** `required`, `none`, or the default as it is written. */
  readonly default: string;
  readonly why: string;
}

/** The rows of a service's generated settings table, its own variables first. */
export function settingRows(settings: Settings): SettingRow[] {
  return Object.entries(settings.variables).map(([name, { allowed, why, optional, default: value }]) => ({
    name,
    allowed,
    default: value === undefined ? (optional === true ? 'none' : 'required') : String(value),
    why,
  }));
}
