import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { uuidv7, type Database } from '@stampede/db';
import { CONFIG, DATABASE } from '@stampede/service-kit';
import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import type { GatewayConfig } from './config';
import { insertKey, lockRing, selectKeys, type KeyRow } from './key-ring.sql';

export const SIGNING_ALGORITHM = 'ES256';

interface Key {
  readonly kid: string;
  readonly publicJwk: JWK;
  readonly verify: CryptoKey;
  readonly sign: CryptoKey;
  /** Until then its predecessor signs: verifiers that keep a copy of the key set must have seen it first. */
  readonly signsFromMs: number;
}

/** Tokens live 12 h, so a key that has been replaced verifies for twice that. */
const OVERLAP_MS = 24 * 3_600_000;
/** Longer than verifiers keep a copy of the key set. */
const PUBLISHED_AHEAD_MS = 600_000;
const DAY_MS = 24 * 3_600_000;
const RELOAD_MS = 30_000;
/** A token with a key nobody knows makes the ring look again, at most that often. */
const LOOK_AGAIN_MS = 1_000;

/**
 * The keys that sign and verify the gateway's tokens, the same for all replicas; one signs, and is replaced when it is
 * old.
 */
@Injectable()
export class KeyRing implements OnModuleInit, OnModuleDestroy {
  private keys: readonly Key[] = [];
  private timer: NodeJS.Timeout | undefined;
  private loadedAt = 0;
  private loading: Promise<void> | undefined;

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.refresh();
    // With the database away the keys at hand go on serving; the next look may succeed.
    this.timer = setInterval(() => void this.refresh().catch(() => undefined), RELOAD_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  get signer(): Key {
    const [current, former] = this.keys;
    if (current === undefined) throw new Error('the key ring is empty');
    return current.signsFromMs > Date.now() && former !== undefined ? former : current;
  }

  /** The key of that id; undefined where there is none (any more). */
  async verifier(kid: string): Promise<CryptoKey | undefined> {
    const known = this.keys.find((key) => key.kid === kid);
    if (known !== undefined) return known.verify;
    if (this.loading === undefined && Date.now() - this.loadedAt < LOOK_AGAIN_MS) return undefined;
    await this.refresh();
    return this.keys.find((key) => key.kid === kid)?.verify;
  }

  /** @see RFC 7517 */
  get jwks(): { keys: JWK[] } {
    return { keys: this.keys.map(({ publicJwk }) => publicJwk) };
  }

  /**
   * Replaces the signing key; the new one is published now and signs ten minutes later. Tokens signed before stay good.
   */
  async rotate(): Promise<void> {
    const fresh = await newKey();
    await this.database.transaction(async (tx) => {
      await lockRing(tx);
      await insertKey(tx, fresh, OVERLAP_MS);
    });
    await this.loading; // one that began before
    await this.refresh();
  }

  /** Whoever needs the ring while it is being read waits for that reading. */
  private refresh(): Promise<void> {
    this.loading ??= this.read().finally(() => {
      this.loading = undefined;
      this.loadedAt = Date.now();
    });
    return this.loading;
  }

  private async read(): Promise<void> {
    let rows = await selectKeys(this.database.kysely);
    if (this.mustRotate(rows)) rows = await this.rotateOnce();
    this.keys = await Promise.all(rows.map((row) => this.keys.find(({ kid }) => kid === row.kid) ?? importKey(row)));
  }

  private mustRotate([current]: readonly KeyRow[]): boolean {
    return current?.retires_at !== null || current.age_ms > this.config.GATEWAY_KEY_ROTATION_DAYS * DAY_MS;
  }

  /** Replicas that find the same old key replace it once. */
  private async rotateOnce(): Promise<KeyRow[]> {
    const fresh = await newKey();
    return this.database.transaction(async (tx) => {
      await lockRing(tx);
      if (this.mustRotate(await selectKeys(tx))) await insertKey(tx, fresh, OVERLAP_MS);
      return selectKeys(tx);
    });
  }
}

async function newKey(): Promise<{ kid: string; privateJwk: JWK; publicJwk: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  const kid = uuidv7();
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: SIGNING_ALGORITHM, use: 'sig' };
  return { kid, privateJwk: await exportJWK(privateKey), publicJwk };
}

async function importKey({ kid, private_jwk, public_jwk, age_ms }: KeyRow): Promise<Key> {
  const sign = (await importJWK(private_jwk, SIGNING_ALGORITHM)) as CryptoKey;
  const verify = (await importJWK(public_jwk, SIGNING_ALGORITHM)) as CryptoKey;
  return { kid, publicJwk: public_jwk, sign, verify, signsFromMs: Date.now() - age_ms + PUBLISHED_AHEAD_MS };
}
