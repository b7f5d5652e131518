import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { MATCH_DAY_RISE } from './match-day-rise';

const root = resolve(__dirname, '../../../../..');
const [FROM_S, TO_S] = [49_200, 64_680];

test('the rise of the match day is that of the trace', () => {
  const file = join(root, 'load-tests/traces/worldcup98-requests-per-second.csv.gz');
  const perSecond = gunzipSync(readFileSync(file))
    .toString('utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',')[1]));
  const lengthS = (TO_S - FROM_S) / MATCH_DAY_RISE.length;
  const means = MATCH_DAY_RISE.map((_, step) => {
    const part = perSecond.slice(FROM_S + step * lengthS, FROM_S + (step + 1) * lengthS);
    return part.reduce((sum, requests) => sum + requests, 0) / part.length;
  });
  expect(means.map((mean) => Math.round((100 * mean) / (means[0] ?? 0)) / 100)).toEqual(MATCH_DAY_RISE);
});
