/**
 * A subcommand of `cramfs`: one file each, loaded only when it is the one that runs.
 */
import type { Command } from 'commander';
import type { Io } from '../io.ts';

/** How a subcommand is listed, and how it is loaded. */
export interface Subcommand {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Heading of its group in that list. */
  readonly group: string;
  /**
   * Loads the module of the command. Its `define` adds arguments, options and the action; `done` gets the exit code.
   */
  load(): Promise<{ define: (command: Command, io: Io, done: (exitCode: number) => void) => Command }>;
}
