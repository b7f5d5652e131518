import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROVIDER, SERVICES, environmentPrefix } from '@stampede/topology';

/** A project's folder whose services are a few lines each: enough to be started, asked, crashed and stopped. */
export interface FakeShop {
  readonly root: string;
  /** Replaces what one service does; without a source it behaves well again. */
  program(service: string, source?: string): void;
  remove(): void;
}

/** Make one per test file and `remove` it. */
export function makeFakeShop(): FakeShop {
  const root = mkdtempSync(join(tmpdir(), 'stampede-fake-'));
  const folders = new Map([...SERVICES, PROVIDER].map(({ name, folder }) => [name, folder]));
  const program = (service: string, source = wellBehaved(service)): void => {
    const script = join(root, folders.get(service) ?? service, 'dist', 'main.js');
    mkdirSync(dirname(script), { recursive: true });
    writeFileSync(script, source);
  };
  for (const name of folders.keys()) program(name);
  return { root, program, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Listens on both ports, tells its environment, ends on SIGTERM and when its standard input ends. */
function wellBehaved(name: string): string {
  const prefix = environmentPrefix(name);
  return `
const { createServer } = require('node:http');
const say = (body) => (_, reply) => reply.end(JSON.stringify(body));
createServer(say({ total: 104, env: process.env, pid: process.pid })).listen(process.env.${prefix}_PORT, '127.0.0.1');
createServer(say({})).listen(process.env.${prefix}_ADMIN_PORT, '127.0.0.1');
console.log('${name} listens');
const end = (why) => { console.log('${name} ends: ' + why, Date.now()); process.exit(0); };
process.once('SIGTERM', () => end('SIGTERM'));
process.on('SIGINT', () => undefined);
if (process.env.STAMPEDE_PARENT_PIPE === '1') process.stdin.on('end', () => end('the parent is gone')).resume();
`;
}
