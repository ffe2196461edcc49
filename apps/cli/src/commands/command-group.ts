import type { Command } from 'commander';

/** `tollgate key …`: the command that holds sub-commands, made by whichever is registered first. */
export function commandGroup(program: Command, name: string, description: string): Command {
  const existing = program.commands.find((command) => command.name() === name);
  return existing ?? program.command(name).description(description);
}
