import { join } from 'node:path';

/** Directories for `migrate`: a service that appends events takes the first, one that consumes them the second. */
export const outboxMigration = join(__dirname, '../migrations/outbox');
export const inboxMigration = join(__dirname, '../migrations/inbox');

export { type NewEvent, appendEvent, appendEvents } from './append-event';
export type { OutboxMessage } from './events';
export { applyOnce, parkedEvents, purgeInbox } from './inbox';
export { OutboxRelay, type RelayOptions } from './relay';
