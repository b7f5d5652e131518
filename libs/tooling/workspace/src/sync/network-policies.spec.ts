import { CALL_GRAPH, PROVIDER, SERVICES } from '@stampede/topology';
import { parseAllDocuments } from 'yaml';
import { networkPolicies } from './network-policies';

interface Peer {
  readonly namespaceSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly podSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
}
interface Policy {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly podSelector: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly { readonly from?: readonly Peer[]; readonly ports: readonly { port: number }[] }[];
    readonly egress?: readonly { readonly to?: readonly Peer[]; readonly ports: readonly { port: number }[] }[];
  };
}

const NAME = 'app.kubernetes.io/name';
const policies = parseAllDocuments(networkPolicies().text).map((document) => document.toJS() as Policy);
const of = (service: string): Policy => {
  const found = policies.find(({ spec }) => spec.podSelector.matchLabels?.[NAME] === service);
  if (found === undefined) throw new Error(`no policy binds ${service}`);
  return found;
};
const named = (peers: readonly Peer[] = []): string[] => peers.map((peer) => peer.podSelector?.matchLabels[NAME] ?? '');

test('nothing may connect to anything, either way, unless a later policy says so', () => {
  const [first] = policies;
  expect(first?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [], egress: [] });
});

test.each(SERVICES.map(({ name }) => name))(
  '%s may be reached by its callers and reach those it calls, no others',
  (service) => {
    const { ingress = [], egress = [] } = of(service).spec;
    const traffic = <T extends { ports: readonly { port: number }[] }>(rules: readonly T[]): T[] =>
      rules.filter(({ ports }) => ports.some(({ port }) => port === 8_080));
    const callers = CALL_GRAPH.filter(({ callee }) => callee === service).map(({ caller }) => caller);
    const callees = CALL_GRAPH.filter(({ caller }) => caller === service).map(({ callee }) => callee);
    expect(traffic(ingress).flatMap(({ from }) => named(from))).toEqual(service === 'gateway' ? [''] : callers);
    expect(traffic(egress).flatMap(({ to }) => named(to))).toEqual(callees);
  },
);

test('no rule of a service is open to anybody; only the edge takes connections from everywhere', () => {
  const open = policies.filter(({ spec }) => spec.ingress?.some(({ from }) => from === undefined) === true);
  expect(open.map(({ metadata }) => metadata.name)).toEqual(['edge']);
  const everywhere = policies.filter(({ spec }) => spec.egress?.some(({ to }) => to === undefined) === true);
  expect(everywhere).toEqual([]);
});

test('the provider is asked by its customers alone and asks nobody', () => {
  const theirs = policies.filter(({ metadata }) => metadata.namespace === PROVIDER.name);
  expect(theirs).toHaveLength(1);
  expect(theirs[0]?.spec.egress).toEqual([]);
  expect(named(theirs[0]?.spec.ingress?.[0]?.from)).toEqual(['payments', 'audit']);
});

test('money and tickets are stored where only their owners and the audit can reach', () => {
  const users = named(of('postgres').spec.ingress?.[0]?.from);
  expect(users).not.toContain('pricing');
  expect(users).toEqual(SERVICES.filter(({ database, name }) => database || name === 'audit').map(({ name }) => name));
});
