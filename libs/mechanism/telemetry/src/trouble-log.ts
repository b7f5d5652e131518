import type { Logger } from 'pino';
import { logger } from './logger';

/** What a library tells on its channel; fields are read by name. */
export type Message = Readonly<Record<string, unknown>>;

/** Names to which a library's own word is logged where the two differ. */
const RENAMED: Readonly<Record<string, string>> = { failures: 'attempt', retryInMs: 'delayMs' };
const LOGGED = ['saga', 'step', 'topic', 'group', 'partition', 'offset', 'attempt', 'failures', 'retryInMs', 'delayMs'];

const TROUBLES: Readonly<Record<string, string>> = {
  'stampede:saga failed': 'a step of a saga failed',
  'stampede:saga store-failed': "a saga's state cannot be read or written",
  'stampede:saga lease-lost': 'a saga was taken over by another runner',
  'stampede:outbox publish-failed': 'events cannot be published',
  'stampede:bus retry': 'an event could not be handled and is tried again',
  'stampede:bus dead-letter': 'an event is a dead letter',
  'stampede:bus back-end-lost': 'the bus cannot be reached',
};
/** Each is one event that somebody must look at. */
const EVERY_ONE = 'stampede:bus dead-letter';
const QUIET_MS = 10_000;

interface Told {
  readonly atMs: number;
  unsaid: number;
}

/**
 * Logs what goes wrong inside the libraries, with its error: at most once in ten seconds for the same trouble at the
 * same place, with the `count` of those that were not said since; dead letters always.
 */
export class TroubleLog {
  private readonly told = new Map<string, Told>();
  private readonly logs = new Map<string, Pick<Logger, 'warn'>>();

  constructor(
    private readonly open: (service: string) => Pick<Logger, 'warn'> = logger,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** `service` is the one in whose work it happened. Anything but trouble is ignored. */
  tell(service: string, channel: string, message: Message): void {
    const kind = `${channel} ${String(message['kind'])}`;
    const text = TROUBLES[kind];
    if (text === undefined) return;
    const count = kind === EVERY_ONE ? 1 : this.due([service, kind, ...placeOf(message)].join(' '));
    if (count === 0) return;
    this.logOf(service).warn({ ...fieldsOf(message), ...(count > 1 ? { count } : {}) }, text);
  }

  /** How many such troubles the next line stands for; 0 when it is too soon for one. */
  private due(place: string): number {
    const last = this.told.get(place);
    const nowMs = this.nowMs();
    if (last !== undefined && nowMs - last.atMs < QUIET_MS) {
      last.unsaid += 1;
      return 0;
    }
    this.told.set(place, { atMs: nowMs, unsaid: 0 });
    return (last?.unsaid ?? 0) + 1;
  }

  private logOf(service: string): Pick<Logger, 'warn'> {
    const known = this.logs.get(service);
    if (known !== undefined) return known;
    const log = this.open(service);
    this.logs.set(service, log);
    return log;
  }
}

/** Names only: of these there are as many as the program has, so that what is remembered stays small. */
function placeOf(message: Message): string[] {
  return ['saga', 'step', 'topic', 'group'].map((name) => String(message[name] ?? ''));
}

function fieldsOf(message: Message): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of LOGGED) if (message[name] !== undefined) fields[RENAMED[name] ?? name] = message[name];
  if (message['error'] !== undefined) fields['err'] = message['error'];
  return fields;
}
