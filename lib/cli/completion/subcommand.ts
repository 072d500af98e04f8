/** `completion`: the subcommand of every program that prints a script for a shell. */
import type { Subcommand } from '../commands/command.ts';

/**
 * The subcommand of a program.
 *
 * @param names the program, and others whose commands it has
 */
export function completionSubcommand(group: string, names: readonly [string, ...string[]]): Subcommand {
  return {
    name: 'completion',
    group,
    summary: 'Print a script that completes the commands in bash, zsh or fish',
    load: async () => {
      const { defineCompletion } = await import('../commands/completion.ts');
      return { define: (command, io, done) => defineCompletion(command, names, io, done) };
    },
  };
}
