/** What the commands of this project share with each other: the entry of `cramfs-lab` to this folder, and not published. */
export type { Subcommand } from './commands/command.ts';
export { addColourOption, addForceOption, addReportOptions, IMAGE_ARGUMENT } from './imageOptions.ts';
export { openSource } from './imagePlace.ts';
export { GROUPS, grouped } from './help/groups.ts';
export { completionSubcommand } from './completion/subcommand.ts';
export { complain } from './complain.ts';
export { interruptible } from './interrupt.ts';
export { EXIT, type Io } from './io.ts';
export { parsePhysBits } from './machineOptions.ts';
export { readBytes, readText } from './inputFile.ts';
export { makeFolder, openOutput, type OutputRules, writeOutput } from './outputFile.ts';
export { readFiles } from './readFiles.ts';
export { parseNumber } from './numbers.ts';
export { type ColourChoice, styleFor } from './style.ts';
export type { SubcommandProgram } from './programTree.ts';
export { runSubcommand } from './subcommands.ts';
