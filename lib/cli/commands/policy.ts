/** `cramfs policy init|check`: policies of `cramfs audit`. */
import type { Command } from 'commander';
import { parsePolicy } from '../../policy/parsePolicy.ts';
import { STARTING_POLICY } from '../../policy/startingPolicy.ts';
import { CramfsError } from '../../base/errors.ts';
import { printableName } from '../../format/names.ts';
import { plural } from '../../base/words.ts';
import { reportFailure } from '../failure.ts';
import { EXIT, type Io } from '../io.ts';
import { addForceOption } from '../imageOptions.ts';
import { addHelpCommand } from '../help/helpfulCommand.ts';
import { newCommand } from '../program.ts';
import { readText } from '../inputFile.ts';
import { writeOutput } from '../outputFile.ts';

const POLICY_EXIT_CODES = `
Exit codes:
  0 done   2 wrong usage, or a policy with errors   3 a file cannot be read or
  written   70 internal error
`;

const NOTES = `
Examples:
  cramfs policy init policy.yaml
  cramfs policy check policy.yaml

docs/policy.md describes policies; schemas/policy.schema.json is for editors.
${POLICY_EXIT_CODES}`;

const INIT_NOTES = `
Examples:
  cramfs policy init policy.yaml
  cramfs policy init > policy.yaml
${POLICY_EXIT_CODES}`;

const CHECK_NOTES = `
Examples:
  cramfs policy check policy.yaml
  cramfs policy check boards/*.yaml
${POLICY_EXIT_CODES}`;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addHelpCommand(command)
    .description('Write or check a policy: what "cramfs audit --policy" requires, allows and reports')
    .addCommand(
      addForceOption(newCommand('init', io))
        .description('Write a policy to start from, with every key explained')
        .argument('[file]', 'file to write (default: standard output)')
        .addHelpText('after', INIT_NOTES)
        .action(async (file: string | undefined, { force = false }: { readonly force?: boolean }) => {
          done(await init(file, force, io));
        }),
    )
    .addCommand(
      newCommand('check', io)
        .description('Report every error in policies, with line and column')
        .argument('<file...>', 'policy files')
        .addHelpText('after', CHECK_NOTES)
        .action(async (files: readonly string[]) => {
          done(await check(files, io));
        }),
    )
    .addHelpText('after', NOTES);
}

async function init(file: string | undefined, force: boolean, io: Io): Promise<number> {
  if (file === undefined) {
    io.stdout.write(STARTING_POLICY);
    return EXIT.ok;
  }
  await writeOutput(file, new TextEncoder().encode(STARTING_POLICY), { replaces: force, inputs: [] });
  return EXIT.ok;
}

/** Looks at all files, whatever is wrong with the first. */
async function check(files: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT.ok;
  for (const file of files) {
    try {
      const { settings, requirements, exceptions } = await parsePolicy(readText(file), file);
      const contents = [
        plural(settings.length, 'rule setting'),
        plural(requirements.length, 'requirement'),
        plural(exceptions.length, 'exception'),
      ];
      io.stdout.write(`${printableName(file)}: no errors; ${contents.join(', ')}\n`);
    } catch (error) {
      if (!(error instanceof CramfsError)) throw error;
      exitCode = Math.max(exitCode, reportFailure(error, io, 'cramfs policy', false));
    }
  }
  return exitCode;
}
