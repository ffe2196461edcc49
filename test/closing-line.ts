import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Prints what failed, and what passed only at its second try, a line each, and `N passed, N failed` alone on the last
 * line: what CI and people read first. They stand there again because a long log is often read, or kept, from its end.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const failures = unhandledErrors.map((error) => `outside any test: ${firstLine(error)}`);
    const unsteady: string[] = [];
    let passed = 0;
    let skipped = 0;
    for (const module of modules) {
      for (const error of module.errors()) {
        failures.push(`${module.relativeModuleId}: ${firstLine(error)}`);
      }
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (test.diagnostic()?.flaky) unsteady.push(describeFailure(test));
        if (state === 'passed') passed += 1;
        else if (state === 'skipped') skipped += 1;
        else failures.push(describeFailure(test));
      }
    }
    const counts = `${passed} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    const lines = [
      ...unsteady.map((failure) => `PASSED AT THE SECOND TRY: ${failure}`),
      ...failures.map((failure) => `FAILED: ${failure}`),
      counts,
    ];
    // After the default reporter's own summary.
    process.on('exit', () => process.stdout.write(`${lines.join('\n')}\n`));
  }
}

function describeFailure(test: TestCase): string {
  const reasons = new Set(test.result().errors?.map(firstLine));
  return `${test.module.relativeModuleId} > ${test.fullName}: ${[...reasons].join('; ')}`;
}

function firstLine(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return String(message).split('\n', 1)[0] ?? '';
}
