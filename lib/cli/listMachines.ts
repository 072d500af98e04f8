/** `--list-kernels` and `--list-cpus`, of every command that maps. */
import { jsonText } from '../base/json.ts';
import type { Command } from 'commander';
import { KERNEL_MODELS } from '../driver/models/index.ts';
import { CPU_MODELS } from '../mm/cpus/index.ts';
import { cpusJson, cpusText } from '../report/cpusText.ts';
import { kernelsJson, kernelsText } from '../report/kernelsText.ts';
import type { Io } from './io.ts';
import { type ColourChoice, styleFor, widthFor } from './style.ts';

interface ListOptions {
  readonly json?: boolean;
  readonly color?: ColourChoice;
}

/** Adds both options. With one of them the command lists, takes no arguments, and does nothing else. */
export function addListOptions(command: Command, io: Io): Command {
  command
    .option('--list-kernels', 'list the kernel models')
    .option('--list-cpus', 'list the CPUs and the kernels that were run on each');
  const listInstead = (list: (options: ListOptions, io: Io) => string): void => {
    for (const argument of command.registeredArguments) argument.required = false;
    command.action(() => {
      io.stdout.write(list(command.opts<ListOptions>(), io));
    });
  };
  command.on('option:list-kernels', () => {
    listInstead(kernels);
  });
  command.on('option:list-cpus', () => {
    listInstead(cpus);
  });
  return command;
}

function kernels({ json, color = 'auto' }: ListOptions, io: Io): string {
  if (json === true) return `${jsonText(kernelsJson(KERNEL_MODELS))}\n`;
  return kernelsText(KERNEL_MODELS, styleFor(io, color), widthFor(io));
}

function cpus({ json, color = 'auto' }: ListOptions, io: Io): string {
  if (json === true) return `${jsonText(cpusJson(CPU_MODELS))}\n`;
  return cpusText(CPU_MODELS, styleFor(io, color), widthFor(io));
}
