import { join } from 'node:path';
import { Refusal } from '@stampede/supervisor';
import { PROVIDER } from '@stampede/topology';
import type { Commands } from './commands';
import { applyFolder, find, kubectl, untilRolledOut } from './kubectl';
import { ADDRESS, NAMESPACE, type Site } from './site';
import { eachTime, type Step } from './step';

/** Pods that start before their stores try again, at ever longer intervals. */
const OPEN_WITHIN_S = 600;
/** The shop's own, and that of the company outside. */
const NAMESPACES = [NAMESPACE, PROVIDER.name];
const ANSWERS_WITHIN_MS = 120_000;
const ASK_AGAIN_MS = 1_000;

/** Whether the shop lists its events to a buyer: the whole way through the edge. */
export type Answers = (address: string) => Promise<boolean>;

export const answersOverHttp: Answers = async (address) => {
  try {
    const { status } = await fetch(`${address}/api/v1/events?pageSize=1`, { signal: AbortSignal.timeout(5_000) });
    return status === 200;
  } catch {
    return false;
  }
};

/** Stores, services and the provider's simulator, one replica each. */
export function shop({ commands, rebuild }: Site): Step {
  return {
    name: 'the shop',
    isDone: eachTime,
    run: async () => {
      const opened = await find(commands, ['deployment/gateway', `--namespace=${NAMESPACE}`]);
      await applyFolder(commands, join('k8s', 'overlays', 'kind'));
      if (rebuild && opened !== undefined) await startAnew(commands);
      for (const namespace of NAMESPACES) await untilRolledOut(commands, namespace, OPEN_WITHIN_S);
    },
  };
}

/** A new image has the name of the old one: nothing but a restart makes a pod take it. */
async function startAnew(commands: Commands): Promise<void> {
  const own = '--selector=app.kubernetes.io/part-of=stampede';
  for (const namespace of NAMESPACES)
    await kubectl(commands, ['rollout', 'restart', 'deployment', `--namespace=${namespace}`, own]);
}

/** @throws Refusal when no buyer gets an answer in time */
export function edge({ commands }: Site, answers: Answers = answersOverHttp, pause = sleep): Step {
  return {
    name: 'the edge answers',
    isDone: () => answers(ADDRESS),
    run: async () => {
      const programmed = ['wait', '--for=condition=Programmed', 'gateway/edge', `--namespace=${NAMESPACE}`];
      await kubectl(commands, [...programmed, `--timeout=${OPEN_WITHIN_S}s`]);
      for (let waitedMs = 0; waitedMs < ANSWERS_WITHIN_MS; waitedMs += ASK_AGAIN_MS) {
        if (await answers(ADDRESS)) return;
        await pause(ASK_AGAIN_MS);
      }
      throw new Refusal(`${ADDRESS} does not answer: \`npx stampede cluster status\` shows what runs`);
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
