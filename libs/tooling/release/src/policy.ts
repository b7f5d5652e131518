import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ReleaseWish, Strategy } from './record';

/** One metric of the policy, with its query for this release; above `limit` it is a failed check. */
export interface PolicyCheck {
  readonly name: string;
  readonly limit: number;
  readonly query: string;
}

/** What istio/release-policy.yaml says of one strategy, made out for one release. */
export interface Policy {
  readonly strategy: Strategy;
  /** Shares of a hundred, one after the other; with A/B and blue-green there is one step. */
  readonly weights: readonly number[];
  /** Below it a step says nothing of the new version. */
  readonly requestsAStep: number;
  /** What leaks or warms up needs that long to show. */
  readonly stepMs: number;
  /** Failed checks until all requests go back. */
  readonly failedChecks: number;
  /** A version that is not ready by then goes back. */
  readonly readyWithinMs: number;
  readonly checks: readonly PolicyCheck[];
  /** JSON that kubectl applies. */
  readonly manifest: string;
}

type Variables = Record<string, string>;

interface Canary {
  readonly kind: 'Canary';
  readonly metadata: Labelled & { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: {
    readonly progressDeadlineSeconds: number;
    readonly analysis: {
      readonly threshold: number;
      readonly stepWeights?: readonly number[];
      readonly metrics: readonly {
        readonly name: string;
        readonly thresholdRange: { readonly max: number };
        readonly templateVariables: Variables;
      }[];
    };
  };
}

interface Template {
  readonly kind: 'MetricTemplate';
  readonly metadata: Labelled;
  readonly spec: { readonly query: string };
}

interface Labelled {
  readonly name: string;
  readonly namespace: string;
  readonly labels: { readonly release: 'any' | Strategy };
}

const FILE = join('istio', 'release-policy.yaml');
const REQUESTS_A_STEP = 'stampede/requests-a-step';
const SECONDS_A_STEP = 'stampede/seconds-a-step';

/** `sinceS` is the Unix time of the release's begin: everything is counted from there. */
export function readPolicy(
  root: string,
  { version, strategy }: Pick<ReleaseWish, 'version' | 'strategy'>,
  sinceS: number,
): Policy {
  const documents = parseAllDocuments(readFileSync(join(root, FILE), 'utf8')).map(
    (document) => document.toJS() as Canary | Template,
  );
  const templates = documents.filter((document) => document.kind === 'MetricTemplate');
  const canary = documents.find(
    (document): document is Canary => document.kind === 'Canary' && document.metadata.labels.release === strategy,
  );
  if (canary === undefined) throw new Error(`${FILE} has no Canary for ${strategy}`);
  const { analysis, progressDeadlineSeconds } = canary.spec;
  for (const { templateVariables } of analysis.metrics)
    Object.assign(templateVariables, { version, since: String(sinceS) });
  const items = [...templates, canary];
  return {
    strategy,
    weights: analysis.stepWeights ?? [100],
    requestsAStep: Number(canary.metadata.annotations[REQUESTS_A_STEP]),
    stepMs: Number(canary.metadata.annotations[SECONDS_A_STEP]) * 1_000,
    failedChecks: analysis.threshold,
    readyWithinMs: progressDeadlineSeconds * 1_000,
    checks: analysis.metrics.map(({ name, thresholdRange, templateVariables }) => {
      const template = templates.find(({ metadata }) => metadata.name === name);
      if (template === undefined) throw new Error(`${FILE} has no MetricTemplate ${name}`);
      return { name, limit: thresholdRange.max, query: filledIn(template.spec.query, canary, templateVariables) };
    }),
    manifest: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  };
}

/** As Flagger does it. @throws Error for a place that nothing is put in */
function filledIn(query: string, { metadata }: Canary, variables: Variables): string {
  const known: Variables = { namespace: metadata.namespace, target: metadata.name, service: metadata.name };
  return query.replaceAll(/\{\{ (variables\.)?(\w+) \}\}/g, (place, own: string | undefined, name: string) => {
    const value = own === undefined ? known[name] : variables[name];
    if (value === undefined) throw new Error(`${FILE}: nothing is known for ${place}`);
    return value;
  });
}
