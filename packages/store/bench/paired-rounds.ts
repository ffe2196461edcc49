/** Times alternatives against each other: the machine changes its speed, so only ratios of one round mean much. */
export interface Contender {
  name: string;
  /** Runs the measured thing once. */
  run(): Promise<unknown>;
}

export interface Rounds {
  rounds: number;
  runsPerRound: number;
}

/** Prints the CPU time of this process (user + system, all threads) per run, and the ratio to the first contender. */
export async function compareCpu(contenders: readonly Contender[], { rounds, runsPerRound }: Rounds) {
  const figures = contenders.map((): number[] => []);
  for (const contender of contenders) await measureCpuUs(contender, runsPerRound * 3); // warm-up
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      figures[index]?.push(await measureCpuUs(contender, runsPerRound));
    }
  }
  const first = figures[0] ?? [];
  for (const [index, { name }] of contenders.entries()) {
    const own = figures[index] ?? [];
    const ratio = selectMedian(own.map((figure, round) => figure / (first[round] ?? Number.NaN)));
    process.stdout.write(
      `${name.padEnd(44)} ${selectMedian(own).toFixed(1).padStart(7)} µs CPU   ×${ratio.toFixed(2)}\n`,
    );
  }
}

async function measureCpuUs({ run }: Contender, runs: number): Promise<number> {
  const start = process.cpuUsage();
  for (let count = 0; count < runs; count += 1) await run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / runs;
}

function selectMedian(figures: readonly number[]): number {
  return figures.toSorted((one, other) => one - other)[figures.length >> 1] ?? Number.NaN;
}
