/** One thing that must be so. Doing it again does no harm; what is so already is left alone. */
export interface Step {
  readonly name: string;
  isDone(): Promise<boolean>;
  /** @throws Refusal with what went wrong */
  run(): Promise<void>;
}

/** For a step whose command finds out itself what there is to do. */
export const eachTime = (): Promise<boolean> => Promise.resolve(false);

/** Steps that do not need one another, done at the same time. */
export function together(name: string, steps: readonly Step[]): Step {
  return {
    name,
    isDone: async () => (await Promise.all(steps.map((step) => step.isDone()))).every(Boolean),
    run: async () => {
      await Promise.all(steps.map(async (step) => ((await step.isDone()) ? undefined : step.run())));
    },
  };
}

/** Steps that need one another, as a part of others. */
export function inOrder(name: string, steps: readonly Step[]): Step {
  return {
    name,
    isDone: async () => {
      for (const step of steps) if (!(await step.isDone())) return false;
      return true;
    },
    run: async () => {
      for (const step of steps) if (!(await step.isDone())) await step.run();
    },
  };
}

/**
 * Does what is not done yet, in order, and tells the seconds of each. After an interruption the next call goes on where
 * this one stopped.
 */
export async function runSteps(
  steps: readonly Step[],
  print: (line: string) => void,
  now: () => number = Date.now,
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    const label = `${index + 1}/${steps.length} ${step.name}`;
    if (await step.isDone()) {
      print(`${label}: there already`);
      continue;
    }
    const startedAt = now();
    print(label);
    await step.run();
    print(`${label}: ${((now() - startedAt) / 1_000).toFixed(1)} s`);
  }
}
