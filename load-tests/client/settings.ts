type Value = number | string;

/** Milliseconds. */
export interface Timing {
  readonly steadyMs: number;
  readonly faultMs: number;
  readonly recoveryMs: number;
}

/** What the runner tells every scenario, beside the settings of the claim; see run.ts of @stampede/prove. */
interface Told extends Timing {
  readonly seed: number;
  /** k6's own, by metric. */
  readonly thresholds: Readonly<Record<string, string[]>>;
  readonly tokens: { readonly organiser?: string; readonly operator?: string };
}

/** As `defaults`, with the literals forgotten. */
type Settings<Defaults> = { readonly [Name in keyof Defaults]: Defaults[Name] extends number ? number : string };

const nothingTold: Told = {
  steadyMs: 5_000,
  faultMs: 5_000,
  recoveryMs: 5_000,
  seed: 1,
  thresholds: {},
  tokens: {},
};
const told: Told & Readonly<Record<string, unknown>> = {
  ...nothingTold,
  ...(JSON.parse(__ENV['STAMPEDE_SETTINGS'] ?? '{}') as Partial<Told>),
};

/** Where buyers call. */
export const shopUrl = __ENV['STAMPEDE_URL'] ?? 'http://127.0.0.1:8080';
export const { seed, thresholds, tokens } = told;
export const timing: Timing = told;
/** From the begin to the end of the recovery. */
export const totalMs = timing.steadyMs + timing.faultMs + timing.recoveryMs;

/** How every client of every scenario behaves. */
const clientDefaults = {
  /** Of one request; 1 is a client that never tries again. */
  attempts: 6,
  /** A person closes the page after that. */
  attemptTimeoutMs: 15_000,
  /** The first pause before another attempt is from 0 to that, the next twice as long; 0: at once. */
  backoffMs: 200,
  /**
   * `kept` as a browser does, which also sends a GET or a keyed POST again, unseen, when a connection that it kept is
   * lost before the answer (so does Go's client, in k6); `new` for each attempt: every lost answer is seen and counted.
   */
  connections: 'kept',
  /** Refusals, by code and with commas, after which a buyer has not failed: `sold_out` where seats run out. */
  stands: '',
};

export const client = chosen(clientDefaults);

/**
 * What the claim sets for the scenario, with its defaults.
 *
 * @throws Error for a setting that neither the scenario nor the client has, and for one of another type: the run ends
 *   before a request is made
 */
export function settingsOf<const Defaults extends Readonly<Record<string, Value>>>(
  defaults: Defaults,
): Settings<Defaults> {
  const known: Readonly<Record<string, Value>> = { ...clientDefaults, ...defaults };
  const unknown = Object.keys(told).filter((name) => !(name in known) && !(name in nothingTold));
  if (unknown.length > 0)
    throw new Error(`settings ${unknown.join(', ')}: this scenario has ${Object.keys(known).join(', ')}`);
  return chosen(defaults);
}

function chosen<const Defaults extends Readonly<Record<string, Value>>>(defaults: Defaults): Settings<Defaults> {
  const entries = Object.entries(defaults).map(([name, usual]) => {
    const value = told[name] ?? usual;
    if (typeof value !== typeof usual) throw new Error(`setting ${name} must be a ${typeof usual}, not "${value}"`);
    return [name, value as Value];
  });
  return Object.fromEntries(entries) as Settings<Defaults>;
}
