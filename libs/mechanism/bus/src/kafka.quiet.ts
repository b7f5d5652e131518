interface RequestQueue {
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

/**
 * kafkajs 2.2.4 looks for waiting requests with a timer that it starts even when none waits, for a time in the
 * past. Node makes that 1 ms: a thousand wake-ups a second on every connection, 3 % of a core, and a warning. The
 * timer matters only while requests wait.
 * @see https://github.com/tulios/kafkajs/blob/v2.2.4/src/network/requestQueue/index.js
 */
export function quietKafkajs(): void {
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function scheduleIfAnyWaits(this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}
