// Run once while an image is built, by the very Node and user that will run it: leaves V8's compiled code of the bundle
// in <folder>, so that a container spends its first half second on its work. With --random-seed=1 the same bundle gives
// the same bytes.
//   SOURCE_DATE_EPOCH=<seconds> node --random-seed=1 warm-up.cjs <folder>
const { readdirSync, utimesSync } = require('node:fs');
const { enableCompileCache, flushCompileCache } = require('node:module');
const { join } = require('node:path');

const folder = process.argv[2];
const epochSeconds = Number(process.env.SOURCE_DATE_EPOCH ?? 0);
const ASK_AGAIN_MS = 50;
/** A service that has started, or waits for its database, has nothing under way but these. */
const AT_REST = new Set(['TCPServerWrap', 'Timeout', 'Immediate', 'PipeWrap', 'TTYWrap', 'SignalWrap']);
const NOBODY = '127.0.0.1:9';

for (const peer of ['CATALOG', 'PRICING', 'INVENTORY', 'ORDERS', 'PAYMENTS', 'AUDIT'])
  process.env[`${peer}_URLS`] = `http://${NOBODY}`;
Object.assign(process.env, {
  DATABASE_URL: `postgres://${NOBODY}`,
  PROVIDER_URL: `http://${NOBODY}`,
  PAYMENT_PROVIDER_LEDGER: '/tmp/ledger',
});

enableCompileCache(folder);
require('./main.js');

let restingSince = 0;
setInterval(() => {
  restingSince = process.getActiveResourcesInfo().every((kind) => AT_REST.has(kind)) ? restingSince + 1 : 0;
  if (restingSince < 3) return;
  flushCompileCache();
  age(join(folder, '..'));
  process.exit(0);
}, ASK_AGAIN_MS);

/** A file's time would tell two builds of one image apart. */
function age(path) {
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) age(join(path, entry.name));
    else utimesSync(join(path, entry.name), epochSeconds, epochSeconds);
  utimesSync(path, epochSeconds, epochSeconds);
}
