/** The service's `ServiceConfig`. */
export const CONFIG = Symbol('service config');
/** The service's own `Database`, migrated; there where its settings need one. */
export const DATABASE = Symbol('database');
/** The event `Bus`; there where its settings need one. */
export const BUS = Symbol('event bus');
/** The service's pino logger. */
export const LOG = Symbol('log');
/** `() => boolean`: whether buyers are being refused, so that what nobody waits for should give way. */
export const GIVE_WAY = Symbol('give way');
