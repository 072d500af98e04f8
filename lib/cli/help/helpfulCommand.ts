/** A command whose help begins with examples, and that keeps its notes for the other forms of its documentation. */
import { type AddHelpTextContext, type AddHelpTextPosition, Command } from 'commander';

/** A command of commander's with notes. */
export class HelpfulCommand extends Command {
  /** The text after the options: examples, paragraphs and exit codes; see helpNotes(). */
  notes = '';

  /** Text after the options is kept; whatever it begins with, its examples are shown first. */
  override addHelpText(position: AddHelpTextPosition, text: string | ((context: AddHelpTextContext) => string)): this {
    if (position !== 'after' || typeof text !== 'string') return super.addHelpText(position, text as never);
    this.notes += text;
    return this;
  }

  override createCommand(name?: string): Command {
    return new HelpfulCommand(name);
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

/** Adds options under a heading of their own in the help. */
export function grouped(command: Command, heading: string, add: (command: Command) => Command): Command {
  const before = command.optionsGroup();
  command.optionsGroup(heading);
  add(command);
  command.optionsGroup(before);
  return command;
}

/** Headings of options that many commands have. */
export const GROUPS = {
  machine: 'Machine:',
  partition: 'Partition of the image:',
  image: 'Image:',
  output: 'Output:',
} as const;
