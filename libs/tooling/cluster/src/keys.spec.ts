import { FakeMachine, root } from '../test/fake-machine';
import { edgeKeys, withKeys } from './keys';

const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'first', alg: 'ES256', use: 'sig' };
const policy = 'jwtRules:\n  - jwks: \'{"keys":[]}\'\n';

test('the edge gets the keys that the shop publishes, all of them while two overlap', async () => {
  const machine = new FakeMachine();
  const keys = { keys: [key, { ...key, kid: 'second' }] };
  await edgeKeys({ root, commands: machine.commands }, () => Promise.resolve(JSON.stringify(keys))).run();
  const applied = [...machine.inputs.values()].join('');
  expect(applied).toContain('kind: RequestAuthentication');
  expect(applied).toContain(`jwks: '${JSON.stringify(keys)}'`);
});

test.each([
  ['no key', { keys: [] }],
  ['a private key', { keys: [{ ...key, d: 'secret' }] }],
  ['something else', { message: 'not found' }],
])('an answer with %s is refused: the edge keeps what it has', (_, answer) => {
  expect(() => withKeys(policy, JSON.stringify(answer))).toThrow(/no usable list of public keys/);
});

test('a policy without the place for keys is not applied as it is', () => {
  expect(() => withKeys('jwtRules: []', JSON.stringify({ keys: [key] }))).toThrow(/has no jwks/);
});
