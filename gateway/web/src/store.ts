/** What must outlive a reload, in this browser only. Falls back to memory where storage is refused (private
 *  windows, full disk). */
const PREFIX = 'stampede.';
const memory = new Map<string, string>();

export function read<Value>(key: string): Value | undefined {
  const text = readText(PREFIX + key);
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as Value;
  } catch {
    remove(key); // another version's leftovers are worth less than a page that opens
    return undefined;
  }
}

export function write(key: string, value: unknown): void {
  const text = JSON.stringify(value);
  memory.set(PREFIX + key, text);
  try {
    localStorage.setItem(PREFIX + key, text);
  } catch {
    return; // the copy in memory serves until the tab closes
  }
}

export function remove(key: string): void {
  memory.delete(PREFIX + key);
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    return;
  }
}

/** The keys under `prefix`, without the prefix of the shop. */
export function keys(prefix: string): string[] {
  const found = new Set(memory.keys());
  try {
    for (const key of Object.keys(localStorage)) found.add(key);
  } catch {
    // memory alone
  }
  return [...found].filter((key) => key.startsWith(PREFIX + prefix)).map((key) => key.slice(PREFIX.length));
}

function readText(key: string): string | null {
  try {
    return localStorage.getItem(key) ?? memory.get(key) ?? null;
  } catch {
    return memory.get(key) ?? null;
  }
}
