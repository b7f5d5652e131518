import { subscribe } from 'node:diagnostics_channel';
import Opossum from 'opossum';
import { CircuitBreaker, resilienceChannel } from '../src/index';
import { compare } from './measure';

const answer = async (): Promise<string> => 'ok';
const down = async (): Promise<never> => {
  throw Object.assign(new Error('down'), { status: 503 });
};

async function main(): Promise<void> {
  const plain = new Opossum((call: () => Promise<string>) => call(), { timeout: false });
  const timed = new Opossum((call: () => Promise<string>) => call(), { timeout: 1_000 });
  const closed = new CircuitBreaker('closed');
  const open = new CircuitBreaker('open', { volumeThreshold: 1, openMs: 3_600_000 });
  await open.run(down).catch(() => undefined);
  const subjects = {
    'bare await': answer,
    'opossum, no timeout': () => plain.fire(answer),
    'opossum, its own timeout': () => timed.fire(answer),
    'CircuitBreaker, closed': () => closed.run(answer),
    'CircuitBreaker, open (a refusal)': () => open.run(answer).catch(() => undefined),
  };
  await compare('circuit breaker, nobody listens', 20_000, subjects);
  subscribe(resilienceChannel, () => undefined);
  await compare('circuit breaker, metrics listen', 20_000, subjects);
  plain.shutdown();
  timed.shutdown();
}

void main();
