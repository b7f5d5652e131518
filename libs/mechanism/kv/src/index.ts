export { kvMigration } from './embedded';
export { openKv, type KvOptions } from './open-kv';
export type { Increment, Kv, Slot, SlotOptions } from './port';
