import { EventEmitter, once } from 'node:events';

/** Payloads in the order they came; `until` settles with all of them once `payload` is there. */
export function collector() {
  const all: string[] = [];
  const arrivals = new EventEmitter();
  return {
    all,
    push(payload: string): void {
      all.push(payload);
      arrivals.emit('payload');
    },
    async until(payload: string): Promise<string[]> {
      while (!all.includes(payload)) await once(arrivals, 'payload');
      return all;
    },
  };
}
