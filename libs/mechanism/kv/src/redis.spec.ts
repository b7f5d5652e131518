import { behavesLikeAKv } from './behaviour.suite';
import { openRedisKv } from './redis';

const redisUrl = process.env['REDIS_URL'] ?? '';

(redisUrl ? describe : describe.skip)('Redis (needs REDIS_URL)', () => {
  behavesLikeAKv('Redis', async () => openRedisKv(redisUrl));
});

test('a store that is away rejects instead of hanging, and closes', async () => {
  const kv = openRedisKv('redis://127.0.0.1:1');
  await expect(kv.ping()).rejects.toThrow();
  await kv.close();
});
