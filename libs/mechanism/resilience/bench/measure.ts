const ROUNDS = 15;

export type Subject = () => Promise<unknown>;

/**
 * Prints what one call of each subject costs, in CPU of this process, as a ratio to the first. Rounds of all subjects
 * alternate, so that a noisy neighbour disturbs all alike; the ratio is of medians, the minimum is the quiet machine.
 * `calls` a round are to be so many that the resolution of the CPU clock is nothing.
 */
export async function compare(title: string, calls: number, subjects: Record<string, Subject>): Promise<void> {
  const names = Object.keys(subjects);
  const rounds = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let round = -2; round < ROUNDS; round++) {
    for (const [name, subject] of Object.entries(subjects)) {
      const microseconds = await cost(subject, calls);
      if (round >= 0) rounds.get(name)?.push(microseconds); // the first two warm the compiler up
    }
  }
  const base = median(rounds.get(names[0] ?? '') ?? []);
  process.stdout.write(`${title}: CPU per call, ${ROUNDS} rounds of ${calls} calls\n`);
  process.stdout.write(
    `${'subject'.padEnd(44)}${'ratio'.padStart(8)}${'median us'.padStart(12)}${'min us'.padStart(10)}\n`,
  );
  for (const [name, costs] of rounds) {
    const cells = [(median(costs) / base).toFixed(2).padStart(8), median(costs).toFixed(3).padStart(12)];
    process.stdout.write(
      `${name.padEnd(44)}${cells.join('')}${Math.min(...costs)
        .toFixed(3)
        .padStart(10)}\n`,
    );
  }
}

async function cost(subject: Subject, calls: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < calls; i++) await subject();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / calls;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
