import { PLATFORMS, type Platform } from '@tollgate/core';
import { Option, type Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../../connect.ts';
import { printJson } from '../../output/print-json.ts';
import { commandGroup } from '../command-group.ts';

interface GroupCreateFlags extends ConnectFlags {
  platform: Platform;
  type?: 'standard' | 'subscription';
  rate?: string;
  json?: boolean;
}

export function registerGroupCreate(program: Command): void {
  const command = commandGroup(program, 'group', 'Groups: what keys are sold into')
    .command('create')
    .description('Make a group.')
    .argument('<name>')
    .addOption(
      new Option('--platform <platform>', 'who the upstream is').choices(PLATFORMS).makeOptionMandatory(),
    )
    .addOption(new Option('--type <type>', 'who pays: the balance, or a subscription').choices(TYPES))
    .option('--rate <multiplier>', 'price multiplier, e.g. 1.5; 0 = free')
    .option('--json', 'print JSON');
  addConnectOptions(command).action(runGroupCreate);
}

const TYPES = ['standard', 'subscription'];

async function runGroupCreate(name: string, flags: GroupCreateFlags): Promise<void> {
  const { platform, type, rate } = flags;
  const group = await connect(flags).groups.create.mutate({
    name,
    platform,
    ...(type && { type }),
    ...(rate !== undefined && { rateMultiplier: rate }),
  });
  if (flags.json) printJson(group);
  else console.log(`group ${group.name} (${group.id})`);
}
