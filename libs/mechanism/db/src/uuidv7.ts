import { randomFillSync } from 'node:crypto';

/** Random bytes are drawn in blocks, because one system call an id would dominate its cost. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/** Ids of one process and millisecond are told apart, and ordered, by a counter in the 12 bits of rand_a. */
const COUNTER_LIMIT = 0x1000;
/** A new millisecond starts its counter below this, so that there is room to count upwards. */
const COUNTER_START_LIMIT = 0x800;
let lastMs = 0;
let counter = 0;

/**
 * A UUID version 7. Ids made by one process without `nowMs` increase strictly, also when the clock steps back;
 * with `nowMs` (ms since 1970, 48 bits) the id carries exactly that time and is otherwise random.
 * @see RFC 9562, 5.7 and 6.2 method 1 (counter seeded at random)
 */
export function uuidv7(nowMs?: number): string {
  const random = take(10);
  const seed = random.readUInt16BE(0);
  let timeMs = nowMs;
  let randA = seed % COUNTER_LIMIT;
  if (timeMs === undefined) {
    advance(seed % COUNTER_START_LIMIT);
    timeMs = lastMs;
    randA = counter;
  }
  const time = Math.trunc(timeMs).toString(16).padStart(12, '0');
  const tail = random.toString('hex', 2, 10);
  const variant = (0x8 | (random.readUInt8(2) >> 6)).toString(16);
  const a = (0x7000 | randA).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-${a}-${variant}${tail.slice(1, 4)}-${tail.slice(4)}`;
}

function advance(seed: number): void {
  const nowMs = Date.now();
  if (nowMs > lastMs) {
    lastMs = nowMs;
    counter = seed;
    return;
  }
  counter += 1;
  if (counter < COUNTER_LIMIT) return;
  lastMs += 1;
  counter = seed;
}

function take(bytes: number): Buffer {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.subarray(used - bytes, used);
}
