/**
 * Redis runs a script as one step and by its own clock. Times go as text, because Lua numbers come back as
 * integers.
 */
const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local function text(ms) return string.format('%.3f', ms) end
`;

/** KEYS counters; ARGV a pair of increment and life per counter. Totals are read last: a key may be given twice. */
export const addAll = `
for i, key in ipairs(KEYS) do
  redis.call('INCRBY', key, ARGV[2 * i - 1])
  if redis.call('PTTL', key) < 0 then redis.call('PEXPIRE', key, ARGV[2 * i]) end
end
local totals = {}
for i, key in ipairs(KEYS) do totals[i] = tonumber(redis.call('GET', key)) end
return totals
`;

/**
 * KEYS line, member; ARGV interval, keep, not before. An idle line is forgotten after an hour, longer than any
 * interval.
 */
export const reserveSlot = `
${now}
local kept = redis.call('GET', KEYS[2])
if kept then return { kept, text(now) } end
local slot = math.max(now, tonumber(ARGV[3]))
local last = redis.call('GET', KEYS[1])
if last then slot = math.max(slot, last + ARGV[1]) end
redis.call('SET', KEYS[1], text(slot), 'PX', math.ceil(slot - now) + 3600000)
redis.call('SET', KEYS[2], text(slot), 'PX', math.max(1, math.ceil(slot - now + ARGV[2])))
return { text(slot), text(now) }
`;

/** KEYS member. */
export const readSlot = `
${now}
local kept = redis.call('GET', KEYS[1])
return kept and { kept, text(now) }
`;
