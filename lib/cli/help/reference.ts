/** The commands as data: for man pages and docs/options.md. */
import type { Command, Option } from 'commander';
import { fullName } from './groups.ts';
import { HelpfulCommand } from './helpfulCommand.ts';
import { type HelpNotes, helpNotes } from './notes.ts';

/** A term and what it is. */
export interface ReferenceItem {
  readonly term: string;
  readonly text: string;
}

/** Items under a heading, which has no colon. */
export interface ReferenceGroup {
  readonly heading: string;
  readonly items: readonly ReferenceItem[];
}

/** A command. */
export interface CommandReference {
  /** "cramfs policy init". */
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly description: string;
  /** "cramfs policy init [options] [file]". */
  readonly usage: string;
  readonly arguments: readonly ReferenceItem[];
  readonly options: readonly ReferenceGroup[];
  readonly commands: readonly ReferenceGroup[];
  readonly notes: HelpNotes;
}

/** A command and all below it, in the order of the help. */
export function commandReferences(command: Command): CommandReference[] {
  return [referenceOf(command), ...command.commands.flatMap(commandReferences)];
}

function referenceOf(command: Command): CommandReference {
  const help = command.createHelp();
  return {
    name: fullName(command),
    summary: command.summary() === '' ? command.description() : command.summary(),
    description: command.description(),
    usage: help.commandUsage(command),
    arguments: help
      .visibleArguments(command)
      .map((argument) => ({ term: argument.name(), text: help.argumentDescription(argument) })),
    options: groups(
      help.groupItems([...command.options], help.visibleOptions(command), headingOf),
      (option: Option) => ({ term: option.flags, text: help.optionDescription(option) }),
    ),
    commands: groups(
      help.groupItems([...command.commands], help.visibleCommands(command), (each) => each.helpGroup() || 'Commands:'),
      (each) => ({ term: each.name(), text: help.subcommandDescription(each) }),
    ),
    notes: helpNotes(command instanceof HelpfulCommand ? command.notes : ''),
  };
}

function headingOf({ helpGroupHeading }: Option): string {
  return helpGroupHeading ?? 'Options:';
}

function groups<T>(found: ReadonlyMap<string, readonly T[]>, itemOf: (item: T) => ReferenceItem): ReferenceGroup[] {
  return [...found]
    .filter(([, items]) => items.length > 0)
    .map(([heading, items]) => ({ heading: heading.replace(/:$/, ''), items: items.map(itemOf) }));
}
