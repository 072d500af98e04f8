/** What each command prints with --json: the types of which the schemas are made. */
import type { TooLarge } from '../../lib/diagnose/diagnose.ts';
import type { comparisonJson as labComparisonJson } from '../../kernel-lab/host/differencesText.ts';
import type { DiagnosisLine } from '../../lib/cli/diagnosisLine.ts';
import type { errorJson } from '../../lib/cli/failure.ts';
import type { blocksJson } from '../../lib/report/blocksJson.ts';
import type { checkJson } from '../../lib/report/checkJson.ts';
import type { comparisonJson } from '../../lib/report/compareText.ts';
import type { cpusJson } from '../../lib/report/cpusText.ts';
import type { entryJson } from '../../lib/report/entryJson.ts';
import type { execJson } from '../../lib/report/execJson.ts';
import type { extractJson } from '../../lib/report/extractJson.ts';
import type { infoJson } from '../../lib/report/infoJson.ts';
import type { kernelsJson } from '../../lib/report/kernelsText.ts';
import type { nommuExecJson } from '../../lib/report/nommuExecText.ts';
import type { scanJson } from '../../lib/report/scanJson.ts';
import type { FileStatus } from '../../lib/report/statText.ts';

type ErrorJson = ReturnType<typeof errorJson>;
/** The name of the file, where there are several. */
interface Named {
  readonly file?: string;
}
interface Diagnosed {
  readonly diagnosis: DiagnosisLine | null;
}

export interface Outputs {
  readonly blocks: ReturnType<typeof blocksJson> & { readonly problems: readonly ErrorJson[] };
  readonly check: Named & ReturnType<typeof checkJson> & Diagnosed;
  readonly 'compare-kernels': ReturnType<typeof comparisonJson>;
  /** Of commands whose own schema does not have errors. */
  readonly error: Failures['failure'];
  readonly exec: ReturnType<typeof execJson> | ReturnType<typeof nommuExecJson>;
  readonly extract: ReturnType<typeof extractJson>;
  readonly info: Named & ReturnType<typeof infoJson> & Diagnosed;
  readonly ls: {
    readonly schemaVersion: 1;
    readonly path: string;
    readonly entries: readonly ReturnType<typeof entryJson>[];
    readonly problems: readonly ErrorJson[];
    readonly problemCount: number;
  };
  readonly 'list-cpus': ReturnType<typeof cpusJson>;
  readonly 'list-kernels': ReturnType<typeof kernelsJson>;
  readonly scan: Named & {
    readonly schemaVersion: 1;
    readonly fileBytes: number;
    readonly images: readonly (ReturnType<typeof scanJson> & { readonly written?: string })[];
    readonly tooLarge: TooLarge | null;
  } & Diagnosed;
  readonly stat: {
    readonly schemaVersion: 1;
    readonly files: readonly (
      | (ReturnType<typeof entryJson> & {
          readonly blockKinds?: NonNullable<FileStatus['kinds']>;
          readonly entries?: number;
        })
      | { readonly path: string; readonly error: ErrorJson }
    )[];
  };
  readonly 'lab-compare': ReturnType<typeof labComparisonJson>;
}

/** What every command prints with --json where it fails. */
export interface Failures {
  readonly failure: Named & { readonly schemaVersion: 1; readonly error: ErrorJson };
}
