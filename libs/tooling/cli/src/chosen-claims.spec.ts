import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { definitionOf, type StatedClaim } from '@stampede/prove';
import { asClaimedToday, chosenClaims, type ClaimWishes } from './chosen-claims';

const statedOf = (id: string, tier: string) =>
  ({ claim: { id, tier, promise: `${id} holds.` }, file: `load-tests/claims/${id}-a-promise.claim.ts` }) as StatedClaim;
const CLAIMS = [statedOf('L2', 'local'), statedOf('L10', 'local'), statedOf('K4', 'cluster')];
const chosen = (ids: readonly string[], wishes: Omit<ClaimWishes, 'ids'> = {}) =>
  chosenClaims('', CLAIMS, { ids, ...wishes }).map(({ claim }) => claim.id);

test.each<[string, string[], Omit<ClaimWishes, 'ids'>, string[]]>([
  ['named claims, in any case', ['l10', 'K4'], {}, ['L10', 'K4']],
  ['all of a tier, the local one unless another is named', [], { all: true }, ['L2', 'L10']],
  ['all of the cluster', [], { all: true, tier: 'cluster' }, ['K4']],
  ['in a list without more every claim', [], { list: true }, ['L2', 'L10', 'K4']],
  ['in a list of a tier that tier alone', [], { list: true, tier: 'cluster' }, ['K4']],
  ['in a list of names those alone', ['L2'], { list: true }, ['L2']],
])('chosen are %s', (_, ids, wishes, expected) => {
  expect(chosen(ids, wishes)).toEqual(expected);
});

test.each<[string, string[], Omit<ClaimWishes, 'ids'>, string]>([
  ['a name and all', ['L2'], { all: true }, 'L2 and --all cannot both be meant'],
  ['a name and what is due', ['L2'], { due: true }, 'L2 and --due cannot both be meant'],
  ['all and what is due', [], { all: true, due: true }, '--all and --due cannot both be meant'],
  ['nothing', [], {}, 'name a claim, or --all'],
  ['a name that no claim has', ['ZZ'], {}, 'no claim is called ZZ'],
  ['such a name in a list', ['ZZ'], { list: true }, 'no claim is called ZZ'],
  ['a claim of another tier', ['L2'], { tier: 'cluster' }, 'L2 is of the local tier, not of the cluster one'],
])('%s is refused, not ignored', (_, ids, wishes, line) => {
  expect(() => chosen(ids, wishes)).toThrow(line);
});

test('a promise is a sentence only after a full PASS of the claim as it is today', () => {
  const root = mkdtempSync(join(tmpdir(), 'stampede-claims-'));
  try {
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    for (const { file } of CLAIMS) write(file, "load: { scenario: 'buy' }, control: { off: 'x' }");
    write('load-tests/scenarios/buy.k6.ts', '');
    const proof = { id: 'L2', form: 'full', verdict: 'PASS', startedAt: '2026-06-11T18:02:11.120Z', runs: [] };
    const [l2] = CLAIMS;
    const definition = definitionOf(root, { file: l2?.file ?? '' });
    write('load-tests/evidence/L2/2026-06-11-full/journal.json', JSON.stringify({ ...proof, definition }));
    expect(asClaimedToday(root, CLAIMS).map(({ claim }) => claim.promise)).toEqual([
      'local   L2 holds.',
      'local   *not claimed:* a promise',
      'cluster *not claimed:* a promise',
    ]);
  } finally {
    rmSync(root, { recursive: true });
  }
});
