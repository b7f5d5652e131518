import { Inject, Injectable } from '@nestjs/common';
import { Id, Role } from '@stampede/contracts';
import { CONFIG, Unauthenticated, type CallerIdentity } from '@stampede/service-kit';
import { SignJWT, decodeProtectedHeader, jwtVerify, type CryptoKey, type JWTPayload } from 'jose';
import type { GatewayConfig } from './config';
import { KeyRing, SIGNING_ALGORITHM } from './key-ring';

export const ISSUER = 'stampede';
const ACCESS_AUDIENCE = 'stampede';
const ADMISSION_AUDIENCE = 'stampede-admission';
/** Verified tokens that are remembered: a signature is checked once, not once a request. */
const MOST_REMEMBERED = 50_000;
const SECOND_MS = 1_000;

interface Remembered {
  readonly caller: CallerIdentity;
  readonly expiresAtMs: number;
}

/** Access tokens and admission tokens, signed by the key ring. */
@Injectable()
export class Tokens {
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    private readonly ring: KeyRing,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  async issue(caller: CallerIdentity): Promise<{ accessToken: string; expiresAt: string }> {
    const expiresAtS = Math.floor(Date.now() / SECOND_MS) + this.config.GATEWAY_TOKEN_TTL_S;
    const accessToken = await this.sign({ role: caller.role }, caller.id, ACCESS_AUDIENCE, expiresAtS);
    return { accessToken, expiresAt: new Date(expiresAtS * SECOND_MS).toISOString() };
  }

  /** Who the bearer is. @throws unauthenticated for a token that is not ours, is over, or says too little */
  async verify(token: string): Promise<CallerIdentity> {
    const known = this.remembered.get(token);
    if (known !== undefined && known.expiresAtMs > Date.now()) return known.caller;
    const { sub, role, exp } = await this.payload(token, ACCESS_AUDIENCE);
    const [id, known_role] = [Id.safeParse(sub), Role.safeParse(role)];
    if (!id.success || !known_role.success || exp === undefined)
      throw new Unauthenticated('the access token is not valid');
    const caller = { id: id.data, role: known_role.data };
    this.remember(token, { caller, expiresAtMs: exp * SECOND_MS });
    return caller;
  }

  /** Proof that a waiting room let the buyer in, good until `expiresAtMs`. */
  issueAdmission(buyerId: string, eventId: string, expiresAtMs: number): Promise<string> {
    return this.sign({ event: eventId }, buyerId, ADMISSION_AUDIENCE, Math.floor(expiresAtMs / SECOND_MS));
  }

  async admits(token: string, buyerId: string, eventId: string): Promise<boolean> {
    try {
      const { sub, event } = await this.payload(token, ADMISSION_AUDIENCE);
      return sub === buyerId && event === eventId;
    } catch {
      return false; // forged, over, or no token at all: all the same to a waiting room
    }
  }

  private sign(claims: JWTPayload, subject: string, audience: string, expiresAtS: number): Promise<string> {
    const { kid, sign } = this.ring.signer;
    return new SignJWT(claims)
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setSubject(subject)
      .setIssuedAt()
      .setExpirationTime(expiresAtS)
      .sign(sign);
  }

  private async payload(token: string, audience: string): Promise<JWTPayload> {
    const key = await this.keyOf(token);
    if (key === undefined) throw new Unauthenticated('the access token is signed by a key that is not ours');
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [SIGNING_ALGORITHM],
        issuer: ISSUER,
        audience,
        requiredClaims: ['exp', 'sub'],
      });
      return payload;
    } catch {
      throw new Unauthenticated('the access token is not valid or has expired');
    }
  }

  /** @throws what the key ring's store throws: that nobody can tell is no fault of the token */
  private async keyOf(token: string): Promise<CryptoKey | undefined> {
    let kid: unknown;
    try {
      ({ kid } = decodeProtectedHeader(token));
    } catch {
      throw new Unauthenticated('the access token is not valid or has expired');
    }
    return typeof kid === 'string' ? this.ring.verifier(kid) : undefined;
  }

  private remember(token: string, entry: Remembered): void {
    if (this.remembered.size >= MOST_REMEMBERED) {
      const [oldest] = this.remembered.keys();
      if (oldest !== undefined) this.remembered.delete(oldest);
    }
    this.remembered.set(token, entry);
  }
}
