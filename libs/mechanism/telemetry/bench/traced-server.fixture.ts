// One server of tracing.bench: `none`, `own` or `stock`, told by the first argument; the second is an upstream to
// call, or nothing.
// What is instrumented has to be required after the instrumentation, so requires and their order are written out.
const [variant, upstream] = process.argv.slice(2) as ['none' | 'own' | 'stock', string?];

if (variant === 'stock') {
  const { NodeSDK } = require('@opentelemetry/sdk-node') as typeof import('@opentelemetry/sdk-node');
  const { HttpInstrumentation } =
    require('@opentelemetry/instrumentation-http') as typeof import('@opentelemetry/instrumentation-http');
  const { UndiciInstrumentation } =
    require('@opentelemetry/instrumentation-undici') as typeof import('@opentelemetry/instrumentation-undici');
  new NodeSDK({
    serviceName: 'stock',
    metricReaders: [], // as in our own: spans are compared with spans
    logRecordProcessors: [],
    instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
  }).start();
}

async function main(): Promise<void> {
  const { Agent, request } = require('undici') as typeof import('undici');
  const { default: fastify } = require('fastify') as typeof import('fastify');
  const server = fastify();
  let dispatcher: import('undici').Dispatcher = new Agent();
  if (variant === 'own') {
    const telemetry = require('../src/index') as typeof import('../src/index');
    telemetry.startTelemetry({ service: 'own' });
    telemetry.httpServerTracing(server, { service: 'own' });
    dispatcher = dispatcher.compose(telemetry.clientTracing({ service: 'own', peer: 'upstream' }));
  }
  server.get('/orders/:orderId', async () => {
    if (upstream !== undefined) {
      const { body } = await request(`${upstream}/holds/1`, { dispatcher });
      await body.json();
    }
    return { ok: true };
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  process.on('message', () => process.send?.({ cpuUs: total(process.cpuUsage()) }));
  process.on('disconnect', () => process.exit());
  process.send?.({ port: (server.server.address() as import('node:net').AddressInfo).port });
}

function total({ user, system }: { user: number; system: number }): number {
  return user + system;
}

void main();
export {};
