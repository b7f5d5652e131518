import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Commands } from '@stampede/cluster';
import type { OpenShopOptions } from '../world';
import { openClusterShop } from './cluster-world';

const LEFT = {
  metadata: { name: 'prove-undo-1-001' },
  data: { note: JSON.stringify({ name: 'istiod gone', unmake: [{ args: ['scale', 'istiod'] }] }) },
};
const READY = {
  metadata: { name: 'audit', generation: 1 },
  spec: { replicas: 1 },
  status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1 },
};

/** kubectl as a shop of one Deployment answers it, with what an earlier run has left; notes are kept. */
class FakeKubectl {
  readonly done: string[] = [];
  readonly notes = new Set([LEFT.metadata.name]);
  fails: RegExp | undefined;

  readonly commands: Commands = async (_, [, , verb = '', kind = '', ...rest], { input = '' } = {}) => {
    const line = [verb, kind, ...rest].join(' ');
    const ok = (answer: unknown = '') => ({
      ...{ code: 0, stdout: typeof answer === 'string' ? answer : JSON.stringify(answer), stderr: '' },
    });
    if (this.fails?.test(line) === true) return { code: 1, stdout: '', stderr: 'no' };
    if (verb === 'get' && kind === 'configmaps') return ok({ items: this.notes.has(LEFT.metadata.name) ? [LEFT] : [] });
    if (verb === 'get' && kind === 'deployments') return ok({ items: [READY] });
    if (verb === 'get') return ok();
    if (verb === 'create') {
      this.notes.add((JSON.parse(input) as typeof LEFT).metadata.name);
      return ok();
    }
    if (verb === 'delete' && kind === 'configmap') {
      this.notes.delete(rest[0] ?? '');
      return ok();
    }
    this.done.push(line);
    return ok();
  };
}

let gateway: Server;
let status = 200;
afterEach(() => void (status = 200));
beforeAll(async () => {
  gateway = createServer((_, answer) => answer.writeHead(status).end('{"accessToken":"token"}'));
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => gateway.close(resolve)));

function open(kubectl: FakeKubectl, changes: Partial<OpenShopOptions> = {}) {
  const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  const forward = async () => ({ url, close: () => undefined });
  const options = { needs: [], folder: '/nowhere', signal: new AbortController().signal, ...changes };
  return openClusterShop({ root: '/nowhere', commands: kubectl.commands, forward }, options);
}

test('what an earlier run left is taken back first, what this one wants is taken back when it is closed', async () => {
  const kubectl = new FakeKubectl();
  const shop = await open(kubectl, { replicas: { audit: 2 } });
  expect(shop.tokens).toEqual({ operator: 'token', organiser: 'token' });
  expect(kubectl.notes.size).toBe(1);
  await shop.close();
  expect(kubectl.done).toEqual([
    'scale istiod',
    'scale deployment/audit --namespace=stampede --replicas=2',
    'scale deployment/audit --namespace=stampede --replicas=1',
  ]);
  expect(kubectl.notes.size).toBe(0);
});

test('a shop that cannot be made as a claim wants it is left as it was', async () => {
  const kubectl = new FakeKubectl();
  kubectl.fails = /^scale deployment\/audit .*=2$/;
  await expect(open(kubectl, { replicas: { audit: 2 } })).rejects.toThrow('no');
  expect(kubectl.done.at(-1)).toBe('scale deployment/audit --namespace=stampede --replicas=1');
  expect(kubectl.notes.size).toBe(0);
});

test('whoever interrupts the opening finds nothing changed', async () => {
  const kubectl = new FakeKubectl();
  const interrupt = new AbortController();
  interrupt.abort(new Error('Ctrl-C'));
  await expect(open(kubectl, { replicas: { audit: 2 }, signal: interrupt.signal })).rejects.toThrow('Ctrl-C');
  expect(kubectl.done).toEqual(['scale istiod']);
});

test('a gateway that issues no token opens no shop, and nothing stays changed', async () => {
  const kubectl = new FakeKubectl();
  status = 403;
  await expect(open(kubectl, { replicas: { audit: 2 } })).rejects.toThrow('issues no token of operator: 403');
  expect(kubectl.notes.size).toBe(0);
});
