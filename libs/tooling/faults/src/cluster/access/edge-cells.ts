import { createPrivateKey, generateKeyPairSync, sign, type JsonWebKey, type KeyObject } from 'node:crypto';
import { PUBLIC_PREFIX, publicRoutes, type PublicRoute } from '@stampede/contracts';
import type { LabCluster } from '../lab-cluster';
import { NOBODY, type Answer } from './ask';
import type { AskedCell, Cell, Outcome } from './cell';

const ROLES = ['buyer', 'organiser', 'operator'] as const;
const BAD = ['expired', 'forged', 'unsigned', 'for somebody else'] as const;
const KINDS = [...ROLES, 'no token', ...BAD] as const;
type Kind = (typeof KINDS)[number];

/** Whom the cells at the edge ask. */
export const THE_EDGE = 'the edge';
const EDGE_PORT = 80;
const HOUR_S = 3_600;
const ANSWER_MS = 70_000;

/** Every public route with every kind of token, at the edge. */
export function edgeCells(): Cell[] {
  const routes = Object.values(publicRoutes as Readonly<Record<string, PublicRoute>>);
  return routes.flatMap(({ method, path, roles }) =>
    KINDS.map((kind): Cell => ({
      ...{ asker: kind, callee: THE_EDGE, method, path, port: EDGE_PORT },
      expected: expected(roles, kind),
    })),
  );
}

function expected(roles: PublicRoute['roles'], kind: Kind): Outcome {
  if (BAD.some((bad) => bad === kind)) return 'unauthenticated';
  if (roles === 'anyone') return 'answered';
  if (kind === 'no token') return 'unauthenticated';
  return roles.some((role) => role === kind) ? 'answered' : 'refused';
}

/** Asked from outside, as buyers do. Bodies are empty objects: whoever may ask is told so, and nothing is done. */
export async function askEdge(url: string, cells: readonly Cell[], tokens: Tokens): Promise<AskedCell[]> {
  const asked: AskedCell[] = [];
  for (const cell of cells) {
    const { asker, method = 'GET', path = '' } = cell;
    const token = tokens[asker as Kind];
    const answer = await fetch(`${url}${PUBLIC_PREFIX}${path.replaceAll(/\{\w+\}/g, NOBODY)}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(method === 'POST' ? { 'content-type': 'application/json', 'idempotency-key': 'access-matrix' } : {}),
      },
      ...(method === 'POST' ? { body: '{}' } : {}),
      signal: AbortSignal.timeout(ANSWER_MS),
    }).then(
      async (reply) => ({ status: reply.status, body: await reply.text() }),
      () => ({ status: 0 }),
    );
    asked.push({ ...cell, outcome: outcomeAtEdge(answer) });
  }
  return asked;
}

/** The edge's proxy refuses a token in words of its own, the gateway in those of the contract. */
export function outcomeAtEdge({ status, body = '' }: Answer): Outcome {
  if (status === 0) return 'no connection';
  const isOfProxy = !body.startsWith('{');
  if (status === 401 || (status === 403 && isOfProxy && body.includes('Jwt'))) return 'unauthenticated';
  if (status === 403 && (isOfProxy || body.includes('"forbidden"'))) return 'refused';
  return isOfProxy && status >= 500 ? 'unavailable' : 'answered';
}

type Tokens = Readonly<Partial<Record<Kind, string>>>;

interface StoredKey {
  readonly kid: string;
  readonly private_jwk: JsonWebKey;
}

/** Tokens of every kind, made with the shop's own key where they must be good but for one thing. */
export async function tokensOf(cluster: LabCluster, nowMs: number): Promise<Tokens> {
  const query = 'select row_to_json(k) from signing_key k where retires_at is null order by created_at limit 1';
  const where = `--namespace=${cluster.namespace}`;
  const psql = ['psql', '--username=stampede', '--dbname=gateway', '--tuples-only', '--no-align', `--command=${query}`];
  const { kid, private_jwk: jwk } = JSON.parse(
    await cluster.kubectl(['exec', 'statefulset/postgres', where, '--', ...psql]),
  ) as StoredKey;
  const own = createPrivateKey({ key: jwk, format: 'jwk' });
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const nowS = Math.floor(nowMs / 1_000);
  const good = { kid, key: own, audience: 'stampede', expiresAtS: nowS + HOUR_S };
  const roles = Object.fromEntries(ROLES.map((role) => [role, tokenOf(role, good)]));
  return {
    ...roles,
    expired: tokenOf('operator', { ...good, expiresAtS: nowS - HOUR_S }),
    forged: tokenOf('operator', { ...good, key: other }),
    unsigned: tokenOf('operator', { kid, audience: good.audience, expiresAtS: good.expiresAtS }),
    'for somebody else': tokenOf('operator', { ...good, audience: 'stampede-admission' }),
  };
}

interface TokenOptions {
  readonly kid: string;
  /** Without one: `"alg": "none"`. */
  readonly key?: KeyObject;
  readonly audience: string;
  readonly expiresAtS: number;
}

function tokenOf(role: string, { kid, key, audience, expiresAtS }: TokenOptions): string {
  const header = { alg: key === undefined ? 'none' : 'ES256', kid, typ: 'JWT' };
  const payload = { iss: 'stampede', aud: audience, sub: NOBODY, role, exp: expiresAtS, iat: expiresAtS - HOUR_S };
  const signed = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature =
    key === undefined
      ? ''
      : sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  return `${signed}.${signature}`;
}
