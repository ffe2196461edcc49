import type { Command } from 'commander';

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description(
      'Start everything on this machine, send two real requests with the Anthropic SDK, show the bill.',
    )
    .action(async () => (await import('../actions/run-demo.ts')).runDemo());
}
