/**
 * A command whose help begins with examples and groups its options, and that keeps its notes for the other forms of its
 * documentation.
 */
import { type AddHelpTextContext, type AddHelpTextPosition, Command, Help, Option } from 'commander';
import { GROUPS } from './groups.ts';

const SHARED_HEADINGS: readonly string[] = Object.values(GROUPS);

/** Help whose groups are in one order in every command, and whose list of commands has only their names. */
class GroupedHelp extends Help {
  override subcommandTerm(command: Command): string {
    return command.name();
  }

  override groupItems<T extends Command | Option>(
    unsorted: T[],
    visible: T[],
    headingOf: (item: T) => string,
  ): Map<string, T[]> {
    const groups = [...super.groupItems(unsorted, visible, headingOf)];
    return new Map(groups.sort(([a], [b]) => SHARED_HEADINGS.indexOf(a) - SHARED_HEADINGS.indexOf(b)));
  }
}

/** A command of commander's with notes. */
export class HelpfulCommand extends Command {
  /** The text after the options: examples, paragraphs and exit codes; see helpNotes(). */
  notes = '';

  constructor(name?: string) {
    super(name);
    this.addHelpOption(new Option('-h, --help', 'show this help').helpGroup(GROUPS.general));
  }

  /** Text after the options is kept; whatever it begins with, its examples are shown first. */
  override addHelpText(position: AddHelpTextPosition, text: string | ((context: AddHelpTextContext) => string)): this {
    if (position !== 'after' || typeof text !== 'string') return super.addHelpText(position, text as never);
    this.notes += text;
    return this;
  }

  /** An option makes its key from its flags whenever it is asked for, a hundred times for each command: here it is kept. */
  override addOption(option: Option): this {
    const key = option.attributeName();
    option.attributeName = () => key;
    return super.addOption(option);
  }

  override createCommand(name?: string): Command {
    return new HelpfulCommand(name);
  }

  override createHelp(): Help {
    return Object.assign(new GroupedHelp(), this.configureHelp());
  }

  /** Usage, description, examples, arguments and options in their groups, notes. */
  override helpInformation(...context: Parameters<Command['helpInformation']>): string {
    const text = super.helpInformation(...context);
    const [, examples = ''] = /(?:^|\n)(Examples:\n(?:[^\n]*\S[^\n]*\n)+)/.exec(this.notes) ?? [];
    const rest = this.notes.replace(examples, '').replace(/\n{3,}/g, '\n\n');
    // Usage and description are a paragraph each.
    const place = this.description() === '' ? /^.*?\n\n/s : /^.*?\n\n.*?\n\n/s;
    const head = place.exec(text)?.[0] ?? '';
    return `${head}${examples === '' ? '' : `${examples}\n`}${text.slice(head.length)}${rest}`;
  }
}

/** Adds the command `help` to a command that has commands. */
export function addHelpCommand(command: Command): Command {
  return command.helpCommand('help [command]', 'show the help of a command');
}
