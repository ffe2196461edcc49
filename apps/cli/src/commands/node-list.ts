import type { RouterOutputs } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { renderTable } from '../output/render-table.ts';
import { commandGroup } from './command-group.ts';

interface NodeListFlags extends ConnectFlags {
  json?: boolean;
}

type Node = RouterOutputs['nodes']['list']['items'][number];
const COLUMNS = ['id', 'label', 'version', 'state', 'last heard', 'started', 'in flight', 'change', 'behind'];

export function registerNodeList(program: Command): void {
  const command = commandGroup(program, 'node', 'Gateway nodes')
    .command('list')
    .description('List gateway nodes: which live, and the last change that is in force on each.')
    .option('--json', 'print all fields as JSON');
  addConnectOptions(command).action(runNodeList);
}

async function runNodeList(flags: NodeListFlags): Promise<void> {
  const nodes = await connect(flags).nodes.list.query();
  if (flags.json) printJson(nodes);
  else console.log(renderTable(COLUMNS, nodes.items.map(buildRow)));
}

function buildRow(node: Node): unknown[] {
  const { id, label, version, state, lastHeardAt, startedAt, inFlight, number, lag } = node;
  return [id, label, version, state, lastHeardAt, startedAt, inFlight, number, lag];
}
