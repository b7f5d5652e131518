import type { InputOf, Route } from '@stampede/contracts';
import { z } from 'zod';
import { ValidationFailed, type FieldError } from './errors';

/** What of a request a route's schemas look at. */
export interface RawInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

type Place = 'params' | 'query' | 'body';

/** Longer keys are cut in answers: a hostile request must not choose how much is sent back. */
const LONGEST_POINTER = 120;
const MOST_ERRORS = 20;

const NOTHING = z.strictObject({});

/**
 * The parser of a route: path, query and body checked by its schemas and flattened into one object. Unknown body
 * fields and unknown query parameters are refused, also where the schema itself would drop them; a route without a body
 * takes none.
 */
export function inputParser<R extends Route>(route: R): (raw: RawInput) => InputOf<R> {
  const params = route.params;
  const query = strict(route.query ?? NOTHING);
  const body = route.body === undefined ? undefined : strict(route.body);
  return (raw) => {
    const errors: FieldError[] = [];
    const input = body === undefined ? {} : check(body, raw.body, 'body', errors);
    if (body === undefined && raw.body !== undefined) check(NOTHING, raw.body ?? {}, 'body', errors);
    if (route.query !== undefined || hasKeys(raw.query))
      Object.assign(input, check(query, raw.query ?? {}, 'query', errors));
    if (params !== undefined) Object.assign(input, check(params, raw.params, 'params', errors));
    if (errors.length > 0) throw new ValidationFailed(errors.slice(0, MOST_ERRORS));
    return input as InputOf<R>;
  };
}

function strict<Schema extends z.ZodType>(schema: Schema): z.ZodType {
  return schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema;
}

function hasKeys(value: unknown): boolean {
  for (const _ in value as object) return true;
  return false;
}

function check(schema: z.ZodType, value: unknown, place: Place, errors: FieldError[]): object {
  if (place === 'body' && (value === undefined || value === null)) {
    errors.push({ pointer: '', detail: 'a JSON body is needed' });
    return {};
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data as object;
  for (const issue of result.error.issues) describe(issue, place, errors);
  return {};
}

function describe(issue: z.core.$ZodIssue, place: Place, errors: FieldError[]): void {
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys)
      errors.push({ pointer: pointerTo([...issue.path, key], place), detail: 'is not known' });
    return;
  }
  errors.push({ pointer: pointerTo(issue.path, place), detail: issue.message });
}

function pointerTo(path: readonly PropertyKey[], place: Place): string {
  const names = path.map(String);
  const pointer =
    place === 'query'
      ? `?${names.join('.')}`
      : place === 'params'
        ? `{${names.join('.')}}`
        : names.map(escaped).join('');
  return pointer.length > LONGEST_POINTER ? `${pointer.slice(0, LONGEST_POINTER)}…` : pointer;
}

/** @see RFC 6901, section 3 */
function escaped(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
