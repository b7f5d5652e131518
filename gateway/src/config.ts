import { defineSettings, integer, text, type ConfigOf } from '@stampede/service-kit';

/** The only reader of the gateway's environment. */
export const settings = defineSettings(
  'gateway',
  {
    GATEWAY_BUYER_REQUESTS_PER_SECOND: integer({
      min: 1,
      max: 1_000_000,
      default: 50,
      why: 'quota of one buyer, over all replicas',
    }),
    GATEWAY_ADDRESS_REQUESTS_PER_SECOND: integer({
      min: 1,
      max: 1_000_000,
      default: 5_000,
      why: 'quota of one client address, over all replicas',
    }),
    TRUSTED_PROXY_HOPS: integer({
      min: 0,
      max: 10,
      default: 0,
      why: 'proxies in front that append to X-Forwarded-For; 0: the peer is the client',
    }),
    GATEWAY_TOKEN_TTL_S: integer({
      min: 60,
      max: 86_400,
      default: 43_200,
      why: 'contract: an access token lives 12 h',
    }),
    GATEWAY_KEY_ROTATION_DAYS: integer({
      min: 1,
      max: 365,
      default: 30,
      why: 'age at which the signing key is replaced',
    }),
    GATEWAY_WEB_DIR: text({ default: '', why: 'folder of the built storefront; empty: the one beside the gateway' }),
  },
  { database: true, bus: true, redis: true, peers: ['catalog', 'pricing', 'inventory', 'orders', 'audit'] },
);
export type GatewayConfig = ConfigOf<typeof settings>;
