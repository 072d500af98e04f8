/** Groups of options in the help, and the names of commands: without commander, which takes long to load. */
import type { Command } from 'commander';

/** Headings of options that many commands have, in the order of the help: after those of the command itself. */
export const GROUPS = {
  image: 'Image:',
  partition: 'Partition of the image:',
  machine: 'Machine:',
  kernel: 'Kernel and CPU:',
  output: 'Output:',
  general: 'General:',
} as const;

/** Adds options under a heading of their own in the help. */
export function grouped(command: Command, heading: string, add: (command: Command) => Command): Command {
  const before = command.optionsGroup();
  command.optionsGroup(heading);
  add(command);
  command.optionsGroup(before);
  return command;
}

/** The program and the commands on the way to a command: "cramfs policy init". */
export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
