import type { Command } from 'commander';
import type { GatewayFlags } from '../actions/run-gateway.ts';

export function registerGateway(program: Command): void {
  program
    .command('gateway')
    .description('Run one data-plane process against DATABASE_URL and REDIS_URL.')
    .option('--data-dir <dir>', 'folder of the usage journal')
    .option('--gateway-host <address>', 'address to listen on')
    .option('--gateway-port <port>', 'port to listen on; 0 = a free one')
    .action(async (flags: GatewayFlags) => (await import('../actions/run-gateway.ts')).runGateway(flags));
}
