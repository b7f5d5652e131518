// One start of cold-start.bench, of the build as a user runs it: a server with pool and client, and as much telemetry
// as the first argument says.
const variant = process.argv[2];

async function main() {
  const { Pool } = require('pg');
  const { Agent } = require('undici');
  const { fastify } = require('fastify');
  const server = fastify();
  let agent = new Agent();
  let telemetry;
  if (variant !== 'none') {
    const {
      clientTracing,
      httpServerMetrics,
      httpServerTracing,
      logger,
      startTelemetry,
    } = require('@stampede/telemetry');
    telemetry = startTelemetry({ service: 'orders' });
    if (variant === 'sdk-first') telemetry.warmUp();
    httpServerTracing(server, { service: 'orders' });
    httpServerMetrics(server, telemetry.metrics);
    agent = agent.compose(clientTracing({ service: 'orders', peer: 'inventory' }));
    logger('orders', { level: 'warn' }).info('starts');
  }
  server.get('/', () => ({ ok: true, agent: agent !== undefined, pool: new Pool().totalCount }));
  await server.listen({ port: 0, host: '127.0.0.1' });
  const readyUs = cpuUs();
  telemetry?.warmUp(); // what httpServerTracing has asked for after listening
  process.send({ readyUs, settledUs: cpuUs() }, () => process.exit());
}

function cpuUs() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

void main();
