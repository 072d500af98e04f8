/** `cramfs completion SHELL`: a script that completes commands, options, values and paths inside images. */
import { Argument, type Command } from 'commander';
import { completionScript, type ShellName, SHELLS } from '../completion/scripts.ts';
import { EXIT, type Io } from '../io.ts';

/** Adds the argument and the action. */
export function defineCompletion(
  command: Command,
  names: readonly [string, ...string[]],
  io: Io,
  done: (exitCode: number) => void,
): Command {
  const [name] = names;
  return command
    .description('Print a script that completes commands, options, their values, and paths inside images')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  ${name} completion bash >> ~/.bash_completion
  ${name} completion zsh > ~/.zfunc/_${name}
  ${name} completion fish > ~/.config/fish/completions/${name}.fish

For the running shell: source <(${name} completion bash), in zsh the
same after compinit, in fish ${name} completion fish | source.

Exit codes:
  0 done   2 wrong usage   70 internal error
`,
    )
    .action((shell: ShellName) => {
      io.stdout.write(completionScript(shell, names));
      done(EXIT.ok);
    });
}
