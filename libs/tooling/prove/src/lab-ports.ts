/** Places in the gap of the shop's port map, between the services' ports and those of their probes. */
const EDGE_OFFSET = 290;
const PROXY_OFFSET = 300;
const REDIS_OFFSET = 950;
const KAFKA_OFFSET = 960; // and the one above it

export const edgePort = (base: number): number => base + EDGE_OFFSET;
export const proxyPort = (base: number, index: number): number => base + PROXY_OFFSET + index;
export const redisPort = (base: number): number => base + REDIS_OFFSET;
export const kafkaPort = (base: number): number => base + KAFKA_OFFSET;
