// `cramfs-lab` in the sandbox of the documentation: commands that need no kernel are run; of the others it is checked that
// the subcommand, its options and the files that are read exist. `npm run test:kernel` boots kernels.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';

const [program = '', name = '', ...args] = process.argv.slice(2);
const NEEDS_NO_KERNEL = ['compare', '--help', '--version'];
/** Options whose value is written, not read. */
const WRITTEN = ['-o', '--output', '--keep', '--cache'];

if (NEEDS_NO_KERNEL.includes(name)) {
  const { status } = spawnSync(process.execPath, [program, name, ...args], { stdio: 'inherit' });
  process.exit(status ?? 1);
}
const { stdout } = spawnSync(process.execPath, [program, name, '--help'], { encoding: 'utf8' });
const problems = stdout.startsWith('Usage: cramfs-lab ' + name) ? [] : [`there is no command ${name}`];
for (const [index, word] of args.entries()) {
  if (word.startsWith('-')) {
    if (!new RegExp(`^ +(?:-\\w, )?${word}(?![\\w-])|^ +${word}(?![\\w-])`, 'm').test(stdout))
      problems.push(`no option ${word}`);
  } else if (
    /[.](?:cramfs|jsonl|gz|img)$/.test(word) &&
    !WRITTEN.includes(args[index - 1] ?? '') &&
    !existsSync(word)
  ) {
    problems.push(`no file ${word}`);
  }
}
for (const problem of problems) console.error(`cramfs-lab ${name}: ${problem}`);
process.exit(problems.length === 0 ? 0 : 2);
