import { fastify } from 'fastify';
import { serveBench } from './child.ts';
const app = fastify();
app.post('/events/:eventId/orders', async (request, reply) => { const b = request.body as any; reply.code(202); return { eventId: (request.params as any).eventId, holdId: b.holdId, status: 'pending', seats: b.seats }; });
await app.listen({ port: 0 });
serveBench((app.server.address() as any).port);
