import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kafkaPort, redisPort } from './lab-ports';
import { OwnServer, type OwnServerOptions, type ServerCommand } from './own-server';
import { Unavailable } from './world';

const HOST = '127.0.0.1';
const REDIS_IMAGE = 'redis:8';
/** That of start-kafka.sh. */
const KAFKA_VERSION = '4.1.0';
const KAFKA_IMAGE = `apache/kafka:${KAFKA_VERSION}`;
const ANSWER_MS = 10_000;

/** Those that a claim needs. */
export type OwnParts = Readonly<Partial<Record<'redis' | 'kafka', OwnServer>>>;

export interface PartOptions {
  /** The project's folder. */
  readonly root: string;
  readonly base: number;
  /** For its data. */
  readonly folder: string;
  readonly logFile: string;
  readonly onPid: (pid: number | undefined) => void;
}

/** A Redis that keeps what it has on disk, running. @throws Unavailable with the line that says how to get one */
export async function startRedis(options: PartOptions): Promise<OwnServer> {
  const port = redisPort(options.base);
  const settings = ['--appendonly', 'yes', '--save', ''];
  const installed = /v=([\d.]+)/.exec((await said('redis-server', '--version')) ?? '')?.[1];
  const command =
    installed !== undefined
      ? {
          program: 'redis-server',
          args: ['--port', String(port), '--bind', HOST, '--dir', options.folder, ...settings],
        }
      : await inContainer(`stampede-redis-${port}`, options.folder, [
          ...['--publish', `${HOST}:${port}:6379`, REDIS_IMAGE, 'redis-server', ...settings],
        ]);
  if (command === undefined) {
    throw new Unavailable(
      `it needs a Redis of its own: install redis-server, or start Docker, which runs ${REDIS_IMAGE}`,
    );
  }
  const { logFile, onPid } = options;
  const version = installed ?? REDIS_IMAGE;
  return running({ address: `redis://${HOST}:${port}`, port, version, command, logFile, onPid });
}

/** A single Kafka broker, running. @throws Unavailable with the line that says how to get one */
export async function startKafka(options: PartOptions): Promise<OwnServer> {
  const port = kafkaPort(options.base);
  const command = (await hasJars())
    ? { program: 'sh', args: [join(options.root, START_KAFKA), String(port), options.folder] }
    : await inContainer(`stampede-kafka-${port}`, options.folder, [
        ...['--publish', `${HOST}:${port}:9092`],
        ...brokerSettings(port).flatMap((setting) => ['--env', setting]),
        KAFKA_IMAGE,
      ]);
  if (command === undefined) {
    const ways = `Java 17 and Maven, or start Docker, which runs ${KAFKA_IMAGE}`;
    throw new Unavailable(`it needs a Kafka broker of its own: install ${ways}`);
  }
  const { logFile, onPid } = options;
  return running({ address: `${HOST}:${port}`, port, version: KAFKA_VERSION, command, logFile, onPid });
}

const START_KAFKA = 'libs/mechanism/bus/start-kafka.sh';

/** Of the image, where a container's own port and the one of this machine differ. */
function brokerSettings(port: number): string[] {
  return [
    'KAFKA_NODE_ID=1',
    'KAFKA_LOG_DIRS=/data/log',
    'KAFKA_PROCESS_ROLES=broker,controller',
    'KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:9093',
    'KAFKA_LISTENERS=PLAINTEXT://:9092,CONTROLLER://:9093',
    `KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://${HOST}:${port}`,
    'KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER',
    'KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1',
    'KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR=1',
    'KAFKA_TRANSACTION_STATE_LOG_MIN_ISR=1',
    'KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS=0',
    'KAFKA_AUTO_CREATE_TOPICS_ENABLE=false',
  ];
}

async function running(options: OwnServerOptions): Promise<OwnServer> {
  const server = new OwnServer(options);
  try {
    await server.start();
    return server;
  } catch (cause) {
    await server.stop('SIGKILL');
    const [last = 'it said nothing'] = readFileSync(options.logFile, 'utf8').trim().split('\n').slice(-1);
    throw new Unavailable(`${(cause as Error).message}: ${last}`, { cause });
  }
}

/** Its data are in `folder`, so that the next container goes on where this one ends. */
async function inContainer(name: string, folder: string, args: string[]): Promise<ServerCommand | undefined> {
  if (!(await runs('docker', 'version'))) return undefined;
  chmodSync(folder, 0o777); // whoever the image's server is
  return {
    program: 'docker',
    args: ['run', '--rm', '--name', name, '--volume', `${folder}:/data`, ...args],
    container: name,
  };
}

/** Maven is needed once, to fetch the broker's jars. */
async function hasJars(): Promise<boolean> {
  const cache = process.env['STAMPEDE_CACHE_DIR'] ?? join(homedir(), '.cache', 'stampede');
  const fetched = existsSync(join(cache, `kafka-${KAFKA_VERSION}`));
  return (await runs('java', '-version')) && (fetched || (await runs('mvn', '--version')));
}

/** undefined: it is not there, or not able to. */
async function said(program: string, argument: string): Promise<string | undefined> {
  const answer = await promisify(execFile)(program, [argument], { timeout: ANSWER_MS, env: process.env }).catch(
    () => undefined,
  );
  return answer?.stdout;
}

async function runs(program: string, argument: string): Promise<boolean> {
  return (await said(program, argument)) !== undefined;
}
