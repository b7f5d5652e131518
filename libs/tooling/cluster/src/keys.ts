import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '@stampede/supervisor';
import { applyText } from './kubectl';
import { ADDRESS, type Site } from './site';
import { eachTime, type Step } from './step';

const EMPTY = `jwks: '{"keys":[]}'`;

/** The public keys that the shop signs tokens with, as it publishes them. */
export type ReadKeys = (address: string) => Promise<string>;

export const keysOverHttp: ReadKeys = async (address) => {
  const response = await fetch(`${address}/.well-known/jwks.json`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Refusal(`${address}/.well-known/jwks.json answers ${response.status}`);
  return response.text();
};

/** The edge knows the keys that the shop signs with now, and the next one: they are published before they sign. */
export function edgeKeys(site: Pick<Site, 'root' | 'commands'>, read: ReadKeys = keysOverHttp): Step {
  return {
    name: "the shop's keys at the edge",
    isDone: eachTime,
    run: async () => applyText(site.commands, withKeys(policyOf(site.root), await read(ADDRESS))),
  };
}

/** The policy with these keys in the place of the empty list. @throws Refusal for what is no list of public keys */
export function withKeys(policy: string, jwks: string): string {
  const { keys = [] } = JSON.parse(jwks) as { keys?: readonly Readonly<Record<string, unknown>>[] };
  if (keys.length === 0 || keys.some((key) => key['kid'] === undefined || key['d'] !== undefined))
    throw new Refusal('the shop publishes no usable list of public keys');
  if (!policy.includes(EMPTY)) throw new Error(`the policy of tokens has no ${EMPTY}`);
  return policy.replace(EMPTY, () => `jwks: '${JSON.stringify({ keys })}'`);
}

function policyOf(root: string): string {
  return readFileSync(join(root, 'istio', 'security', 'edge-tokens.yaml'), 'utf8');
}
