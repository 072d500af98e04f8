/** The kernel models, for people and for programs. */
import type { KernelModel } from '../driver/models/kernelModel.ts';
import { SCHEMA_VERSION } from './mapJson.ts';
import { type Style, wrap } from './style.ts';

/** One paragraph a model. */
export function kernelsText(models: readonly KernelModel[], style: Style, width: number): string {
  return models
    .map((model) => {
      const { run, notRun } = model.evidence;
      const names = [model.name, ...model.aliases].join(', ');
      const row = (label: string, text: string): string =>
        `  ${style.faint(label.padEnd(9))}${wrap(text, width, ' '.repeat(11), 11)}`;
      return [
        style.strong(names),
        row('is', model.title),
        row('releases', model.releases),
        row('differs', model.differences),
        row('run', run.length === 0 ? 'no' : run.join('; ')),
        ...(notRun === null ? [] : [row('not run', notRun)]),
      ];
    })
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

/** The models as JSON. */
export function kernelsJson(models: readonly KernelModel[]) {
  return {
    schemaVersion: SCHEMA_VERSION,
    kernels: models.map(({ name, aliases, title, releases, differences, evidence }) => ({
      name,
      aliases,
      title,
      releases,
      differences,
      run: evidence.run,
      notRun: evidence.notRun,
    })),
  };
}
