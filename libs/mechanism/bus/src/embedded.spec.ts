import { testDatabase } from '@stampede/db/testing';
import { sql } from 'kysely';
import { behavesLikeABus } from './behaviour.suite';
import { appendRecords, createTopic } from './embedded.sql';
import { PARTITIONS } from '@stampede/contracts';

behavesLikeABus('PostgreSQL', async () => {
  const { url, database, drop } = await testDatabase('bus');
  return {
    options: { embeddedUrl: url },
    async publishRaw(topic, _key, payload) {
      await createTopic(database.kysely, topic, PARTITIONS);
      const found = await sql<{ partition: number }>`select partition from event where topic = ${topic} limit 1`.execute(database.kysely);
      await appendRecords(database.kysely, topic, [{ partition: found.rows[0]?.partition ?? 0, payload }]);
    },
    close: drop,
  };
});
