/** The environment, or what a test puts in its place. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting's default, or that it may be missing. */
interface Presence<T> {
  /** Without a default the variable must be set. */
  readonly default?: T;
  /** Missing then reads as `undefined`. */
  readonly optional?: boolean | undefined;
  /** One phrase for the README: what it is for, or why the default is right. */
  readonly why: string;
}

/** How one variable is read. */
export interface Variable<T> extends Presence<T> {
  /** What values are allowed, for messages and README tables: `1000 to 900000`. */
  readonly allowed: string;
  readonly secret: boolean;
  /** The value, or undefined where the text is not allowed. */
  parse(text: string): T | undefined;
}

export type Variables = Readonly<Record<string, Variable<unknown>>>;
// oxlint-disable-next-line no-explicit-any -- only the parsed type counts here
type ParsedBy<V> = V extends Variable<any> ? NonNullable<ReturnType<V['parse']>> : never;
type MissingIf<V> = V extends { readonly optional: true } ? undefined : never;
export type ValuesOf<S extends Variables> = { readonly [Name in keyof S]: ParsedBy<S[Name]> | MissingIf<S[Name]> };

/** Every wrong, missing and unknown variable at once. */
export class ConfigError extends Error {
  constructor(readonly complaints: readonly string[]) {
    super(['the configuration is not valid:', ...complaints.map((complaint) => `  ${complaint}`)].join('\n'));
  }
}

function variable<T, P extends Presence<T>>(
  presence: P,
  allowed: string,
  parse: (text: string) => T | undefined,
  secret = false,
): Variable<T> & Pick<P, 'optional'> {
  return { ...(presence as P & Presence<T>), allowed, secret, parse } as Variable<T> & Pick<P, 'optional'>;
}

/** A whole number from `min` to `max`. */
export function integer<const P extends Presence<number> & { min: number; max: number }>(options: P) {
  const { min, max } = options;
  return variable<number, P>(options, `whole number from ${min} to ${max}`, (text) => {
    const value = Number(text);
    return /^-?\d+$/.test(text) && value >= min && value <= max ? value : undefined;
  });
}

/** A number from `min` to `max`; ratios are 0..1. */
export function decimal<const P extends Presence<number> & { min: number; max: number }>(options: P) {
  const { min, max } = options;
  return variable<number, P>(options, `number from ${min} to ${max}`, (text) => {
    const value = Number(text);
    return /^-?\d+(\.\d+)?$/.test(text) && value >= min && value <= max ? value : undefined;
  });
}

/** Any text that is not empty, optionally of a pattern. */
export function text<const P extends Presence<string> & { pattern?: RegExp }>(options: P) {
  const allowed = options.pattern === undefined ? 'text' : `text like ${options.pattern.source}`;
  return variable<string, P>(options, allowed, (value) => ((options.pattern?.test(value) ?? true) ? value : undefined));
}

/** A text that no message, table or log ever shows. */
export function secret<const P extends Presence<string> & { minLength?: number }>(options: P) {
  const shortest = options.minLength ?? 1;
  return variable<string, P>(
    options,
    `secret of at least ${shortest} characters`,
    (value) => (value.length >= shortest ? value : undefined),
    true,
  );
}

/** One absolute address. */
export function url<const P extends Presence<string> & { protocols?: readonly string[] }>(options: P) {
  const protocols = options.protocols ?? ['http', 'https'];
  return variable<string, P>(options, `${protocols.join(' or ')} address`, (value) => readUrl(value, protocols));
}

/** One or more addresses, separated by commas. */
export function urlList<const P extends Presence<readonly string[]>>(options: P) {
  return variable<readonly string[], P>(options, 'http or https addresses, separated by commas', (value) => {
    const addresses = value.split(',').map((part) => readUrl(part.trim(), ['http', 'https']));
    return addresses.includes(undefined) ? undefined : (addresses as string[]);
  });
}

/** `true` or `false`. */
export function boolean<const P extends Presence<boolean>>(options: P) {
  return variable<boolean, P>(options, 'true or false', (value) =>
    value === 'true' ? true : value === 'false' ? false : undefined,
  );
}

/** One of a few words. */
export function oneOf<const Word extends string, const P extends Presence<Word>>(words: readonly Word[], options: P) {
  return variable<Word, P>(options, words.join(' or '), (value) => words.find((word) => word === value));
}

/** Names, IPv4 and [IPv6]; URL itself lets `a;http` pass for a host. */
const HOST = /^[\w.-]+$|^\[[\da-f:.]+\]$/i;

function readUrl(value: string, protocols: readonly string[]): string | undefined {
  if (!URL.canParse(value)) return undefined;
  const { protocol, hostname } = new URL(value);
  return HOST.test(hostname) && protocols.includes(protocol.slice(0, -1)) ? value.replace(/\/$/, '') : undefined;
}

/**
 * Reads every variable of `variables`. With a prefix, a set variable that begins with it and is neither in
 * `variables` nor in `known` is an error as well: a misspelt setting must not be silently ignored. `complaints` are
 * what the caller has found wrong already.
 * @throws ConfigError
 */
export function loadConfig<const S extends Variables>(
  variables: S,
  options: { prefix?: string; known?: readonly string[]; env?: Environment; complaints?: readonly string[] } = {},
): ValuesOf<S> {
  const env = options.env ?? process.env;
  const complaints: string[] = [...(options.complaints ?? [])];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(variables)) values[name] = read(name, setting, env[name], complaints);
  if (options.prefix !== undefined) {
    const known = new Set([...Object.keys(variables), ...(options.known ?? [])]);
    complaints.push(...unknownVariables(options.prefix, known, env));
  }
  if (complaints.length > 0) throw new ConfigError(complaints);
  return values as ValuesOf<S>;
}

/** An empty variable counts as not set: shells and compose files cannot easily do otherwise. */
function read(name: string, setting: Variable<unknown>, value: string | undefined, complaints: string[]): unknown {
  if (value === undefined || value === '') {
    if (setting.default === undefined && setting.optional !== true)
      complaints.push(`${name} is missing: ${setting.allowed} (${setting.why})`);
    return setting.default;
  }
  const parsed = setting.parse(value);
  if (parsed === undefined)
    complaints.push(`${name} must be ${setting.allowed}${setting.secret ? '' : `, not ${JSON.stringify(value)}`}`);
  return parsed;
}

function unknownVariables(prefix: string, known: ReadonlySet<string>, env: Environment): string[] {
  const names = Object.keys(env).filter(
    (name) => name.startsWith(`${prefix}_`) && !known.has(name) && env[name] !== '',
  );
  return names.map((name) => {
    const near = [...known].find((candidate) => distance(candidate, name) <= 3);
    return `${name} is not known${near === undefined ? '' : `; ${near} is`}`;
  });
}

/** @see Wagner and Fischer, The String-to-String Correction Problem, 1974 */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
