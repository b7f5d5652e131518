/** A protection that the control of a claim switches off, to show that the claim notices. */
export interface Mitigation {
  readonly id: string;
  /** One sentence: what happens without it. */
  readonly protects: string;
  /** Claims whose control it is. */
  readonly claims: readonly string[];
}

/** Every protection that can be switched off, in a lab only; tidy counts one call of `mitigated` for each. */
export const MITIGATIONS = [
  {
    id: 'lock-sections',
    protects: 'Whoever takes seats of a section has locked its row, so that no two take the same seat.',
    claims: ['L1'],
  },
  {
    id: 'ask-provider-by-key',
    protects:
      'A capture whose answer was lost is asked for under its key, instead of being sent again under a new one.',
    claims: ['L2'],
  },
  {
    id: 'wait-for-provider',
    protects: 'An order whose payment cannot be sent now stays pending and is paid later, instead of failing.',
    claims: ['L3', 'K9'],
  },
  {
    id: 'resume-sagas',
    protects: 'An order whose worker died is taken up by another, from where it stands in the database.',
    claims: ['L7'],
  },
  {
    id: 'remember-order-key',
    protects: 'An order is answered the same under its Idempotency-Key, so that a repeat makes no second one.',
    claims: ['L10'],
  },
  {
    id: 'commit-on-disk',
    protects: 'PostgreSQL says that something is stored once it is on disk, not before.',
    claims: ['L11'],
  },
  {
    id: 'outbox',
    protects: 'An event is stored with what it tells of and published from there until the bus has it.',
    claims: ['L12'],
  },
  {
    id: 'dead-letters',
    protects: 'An event that cannot be applied is put aside after five tries, so that those behind it go on.',
    claims: ['L13'],
  },
  {
    id: 'inbox',
    protects: 'Billing remembers what it has applied: an event that comes twice, or before its turn, counts once.',
    claims: ['L13'],
  },
  {
    id: 'budget-as-rest',
    protects: 'The time that a request may take travels as what is left of it, not as an instant of some clock.',
    claims: ['L16'],
  },
  {
    id: 'page-in-parts',
    protects: 'The event page is answered without the parts that cannot be had, instead of failing as a whole.',
    claims: ['L4'],
  },
  {
    id: 'shed-load',
    protects: 'Work that could not be done in time is refused at once, the least important first.',
    claims: ['L5'],
  },
  {
    id: 'drain-before-exit',
    protects: 'A process that is told to stop answers what it has begun, and lets its callers look away first.',
    claims: ['L6'],
  },
  {
    id: 'retry-budget',
    protects: 'A peer that fails gets a fifth more calls than usual, and not several times as many.',
    claims: [], // the circuit alone would hold the storm as well: `storm-brakes` takes both off
  },
  {
    id: 'storm-brakes',
    protects:
      'What is in trouble gets fewer calls, not more: by retry budget, circuit, bulkhead and shedding together.',
    claims: ['L8', 'K10'],
  },
  {
    id: 'bulkhead-per-peer',
    protects: 'A slow peer can hold its own share of the calls in flight, and not those to all the others.',
    claims: ['L9'],
  },
  {
    id: 'answers-in-memory',
    protects: 'Hot answers are kept in memory and loaded once for a whole crowd, so that nothing hangs on Redis.',
    claims: ['L14'],
  },
  {
    id: 'avoid-sick-replica',
    protects: 'Calls go to the replica that answers, and one that does not is given up in time to ask another.',
    claims: ['L15'],
  },
] as const satisfies readonly Mitigation[];

export type MitigationId = (typeof MITIGATIONS)[number]['id'];
type Environment = Readonly<Record<string, string | undefined>>;

/** `1` in a lab, where protections may be switched off. */
export const LAB_VARIABLE = 'STAMPEDE_LAB';
/** Ids, separated by commas. */
export const OFF_VARIABLE = 'STAMPEDE_MITIGATIONS_OFF';

/**
 * `on`, unless this environment switches the protection off, then `off`. The environment is the process's own, as
 * its configuration was read. @throws Error as `mitigationComplaint` says
 */
export function mitigated<T>(id: MitigationId, on: T, off: T, env: Environment): T {
  const complaint = mitigationComplaint(env);
  if (complaint !== undefined) throw new Error(complaint);
  return switchedOff(env).includes(id) ? off : on;
}

/** Why a process with this environment must not start, in one line: a switch outside of a lab, or an unknown one. */
export function mitigationComplaint(env: Environment): string | undefined {
  const off = switchedOff(env);
  if (off.length === 0) return undefined;
  if (env[LAB_VARIABLE] !== '1')
    return `${OFF_VARIABLE} switches protections off: only with ${LAB_VARIABLE}=1, in a lab`;
  const known: readonly string[] = MITIGATIONS.map(({ id }) => id);
  const unknown = off.filter((id) => !known.includes(id));
  return unknown.length === 0
    ? undefined
    : `${OFF_VARIABLE} names ${unknown.join(', ')}: there are ${known.toSorted().join(', ')}`;
}

function switchedOff(env: Environment): string[] {
  return (env[OFF_VARIABLE] ?? '')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
}
