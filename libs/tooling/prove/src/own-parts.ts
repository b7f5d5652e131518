import { execFile } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LabServer } from '@stampede/faults';
import { kafkaPort, redisPort } from './lab-ports';
import { OwnServer, type ServerCommand } from './own-server';
import { Unavailable } from './world';

const HOST = '127.0.0.1';
const REDIS_IMAGE = 'redis:8';
const KAFKA_IMAGE = 'apache/kafka:4.1.0';
const ANSWER_MS = 10_000;

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
export async function startRedis(options: PartOptions): Promise<LabServer> {
  const port = redisPort(options.base);
  const settings = ['--appendonly', 'yes', '--save', ''];
  const command = (await runs('redis-server', '--version'))
    ? { program: 'redis-server', args: ['--port', String(port), '--bind', HOST, '--dir', options.folder, ...settings] }
    : await inContainer(`stampede-redis-${port}`, options.folder, [
        ...['--publish', `${HOST}:${port}:6379`, REDIS_IMAGE, 'redis-server', ...settings],
      ]);
  if (command === undefined) {
    throw new Unavailable(
      `it needs a Redis of its own: install redis-server, or start Docker, which runs ${REDIS_IMAGE}`,
    );
  }
  return running(`redis://${HOST}:${port}`, port, command, options);
}

/** A single Kafka broker, running. @throws Unavailable with the line that says how to get one */
export async function startKafka(options: PartOptions): Promise<LabServer> {
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
  return running(`${HOST}:${port}`, port, command, options);
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

async function running(
  address: string,
  port: number,
  command: ServerCommand,
  { logFile, onPid }: PartOptions,
): Promise<LabServer> {
  const server = new OwnServer({ address, port, command, logFile, onPid });
  await server.start();
  return server;
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
  const fetched = existsSync(join(cache, 'kafka-4.1.0'));
  return (await runs('java', '-version')) && (fetched || (await runs('mvn', '--version')));
}

async function runs(program: string, argument: string): Promise<boolean> {
  try {
    await promisify(execFile)(program, [argument], { timeout: ANSWER_MS });
    return true;
  } catch {
    return false; // not there, or not able to
  }
}
