import { isTransient } from '@stampede/db';
import { Unavailable } from '@stampede/service-kit';
import type { Audited } from './config';

/**
 * SQLSTATE classes and codes of a database that is there but cannot be read yet: its service has not migrated it, or
 * has not let us in.
 */
const NOT_OPEN_YET = /^(28|3D|3F|42501$|42P01$)/;

/**
 * 503 `unavailable` naming the part, never its address; anything that is not the database's absence is thrown on as it
 * is.
 */
export function unreadable(store: Audited, error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  const closed = typeof code === 'string' && NOT_OPEN_YET.test(code);
  if (!closed && !isTransient(error)) return error;
  return new Unavailable(`the database of ${store} cannot be read`, undefined, { cause: error });
}
