import { errorCode, errorMessage } from './error-code';
import { isStalePlan } from './prepared-client';

/** SQLSTATEs after which the same work may succeed: https://www.postgresql.org/docs/18/errcodes-appendix.html */
const transientStates = new Set([
  '53300', // too_many_connections
  '55P03', // lock_not_available
  '57014', // query_canceled: the statement timeout
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '25006', // read_only_sql_transaction: the primary has moved
  '25P03', // idle_in_transaction_session_timeout
]);
const connectionException = '08';

const transientSystemCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** pg and kysely report the loss of a connection by message only. */
const connectionLost = new RegExp(
  [
    'Connection terminated',
    'Client was closed and is not queryable',
    'Client has encountered a connection error',
    'timeout exceeded when trying to connect',
    'timeout expired',
    'Query read timeout',
    'connection has been discarded',
  ].join('|'),
);

/**
 * Whether the work may be tried again, or be answered with 503: the connection was lost or refused, the server is
 * stopping or full, a deadlock, a serialization failure or a timeout. It does not say that nothing was
 * committed: after a loss during COMMIT the outcome is unknown.
 */
export function isTransient(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if (mayRunAgain(error)) return true;
  const code = errorCode(error);
  if (code !== undefined && (transientStates.has(code) || code.startsWith(connectionException))) return true;
  if (code !== undefined && transientSystemCodes.has(code)) return true;
  if ('errors' in error && Array.isArray(error.errors) && error.errors.some(isTransient)) return true;
  return connectionLost.test(errorMessage(error)) || ('cause' in error && isTransient(error.cause));
}

/** Whether the server undid the transaction for a reason that lies outside of it: it can simply run again. */
export function mayRunAgain(error: unknown): boolean {
  const code = errorCode(error);
  return code === '40001' || code === '40P01' || isStalePlan(error);
}
