import type { Command } from 'commander';
import { commandGroup } from '../command-group.ts';
import { addAlertEvents } from './alert-events.ts';
import { addAlertList } from './alert-list.ts';
import { addAlertSilences } from './alert-silences.ts';
import { addAlertTestChannel } from './alert-test-channel.ts';

/** OPS-5: `tollgate alert …`. Rules and channels are made in the console, over the API, or from a file. */
export function registerAlertCommands(program: Command): void {
  const group = commandGroup(program, 'alert', 'Alert rules, their events, silences and channels');
  addAlertList(group);
  addAlertEvents(group);
  addAlertSilences(group);
  addAlertTestChannel(group);
}
