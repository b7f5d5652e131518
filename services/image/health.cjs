// Exits 0 when the service of this container can serve, as its own probe says: the image has no shell and no curl.
const { get } = require('node:http');

const [, port = '9090'] = Object.entries(process.env).find(([name]) => name.endsWith('_ADMIN_PORT')) ?? [];
const exit = (code) => process.exit(code);
get({ host: '127.0.0.1', port, path: '/readyz', timeout: 2_000 }, ({ statusCode }) => exit(statusCode === 200 ? 0 : 1))
  .on('timeout', () => exit(1))
  .on('error', () => exit(1));
