/**
 * The form of a policy file, and what becomes of its values. The messages end sentences that begin with "KEY must be".
 *
 * schemas/policy.schema.json is made of this.
 */
import * as z from 'zod';
import { kernelModel } from '../driver/models/named.ts';
import { KERNEL_MODELS } from '../driver/models/index.ts';
import { CramfsError } from '../base/errors.ts';
import { PAGE_SIZES } from '../image/image.ts';
import { CPU_NAMES } from '../mm/cpus/index.ts';
import { parseQuantity, QUANTITY_PATTERN } from '../base/quantity.ts';
import type { AnyDefinition, FindingOption } from '../findings/definition.ts';
import { BadGlob, compileGlobs } from './compileGlobs.ts';
import { FINDING_IDS, FINDINGS } from './findings.ts';
import type { PathGlobs } from './globs.ts';
import { exceptionIdsOf, expectedRule, idsOf } from './ruleIds.ts';

const BYTES = 'a number of bytes, as in 4096, 0x1000, 4K or 1M';
const bytes = z
  .union([z.int(BYTES).min(0, BYTES), z.string(BYTES).regex(new RegExp(QUANTITY_PATTERN), BYTES)], BYTES)
  .transform((value) => (typeof value === 'number' ? value : (parseQuantity(value, null) ?? 0)))
  .refine(Number.isSafeInteger, 'a smaller number')
  .meta({ id: 'bytes' });

const KERNEL = 'a kernel model ("cramfs-map --list-kernels" shows them) or a release of Linux in quotes, as in "6.12"';
/** A number such as 6.10 in YAML has lost its last digit, so releases must be text. */
const kernel = z.union(
  [
    z.enum(
      KERNEL_MODELS.flatMap(({ name, aliases }) => [name, ...aliases]),
      KERNEL,
    ),
    z
      .string(KERNEL)
      .regex(/^(linux-)?[0-9]{1,3}[.]([0-9]|1[0-9]|20)([.][0-9]{1,5})?([^0-9.].*)?$/, { error: KERNEL, abort: true })
      .refine(isKernel, { error: KERNEL, abort: true }),
  ],
  KERNEL,
);

function isKernel(name: string): boolean {
  try {
    kernelModel(name);
    return true;
  } catch (error) {
    if (error instanceof CramfsError) return false;
    throw error;
  }
}

const PERCENT = 'a percentage from 0 to 100, as in "96 %" or 96.4';
const percent = z
  .union(
    [
      z.number(PERCENT).min(0, PERCENT).max(100, PERCENT),
      z.string(PERCENT).regex(/^\s*(100([.]0+)?|[0-9]{1,2}([.][0-9]+)?)\s*%\s*$/, PERCENT),
    ],
    PERCENT,
  )
  .transform((value) => (typeof value === 'number' ? value : Number.parseFloat(value)))
  .meta({ id: 'percent' });

const GLOB = 'a glob over paths, as in "/bin/**"';
const glob = z
  .string(GLOB)
  .superRefine((text, context) => {
    try {
      compileGlobs([text]);
    } catch (error) {
      if (!(error instanceof BadGlob)) throw error;
      context.addIssue({ code: 'custom', message: error.message, input: text });
    }
  })
  .meta({ id: 'glob', pattern: '^!?([/]|[*][*]([/]|$)|[{])' });

const GLOBS = `${GLOB}, or a list of such`;
const globs = z
  .union([glob, z.array(glob, GLOBS).min(1, GLOBS)], GLOBS)
  .transform((list) => (typeof list === 'string' ? [list] : list))
  .refine((list) => list.some((text) => !text.startsWith('!')), 'globs of which one at least does not begin with "!"')
  .transform((list): PathGlobs => compileGlobs(list))
  .meta({ id: 'globs' });
const paths = globs.meta({
  description: 'Globs over paths of the image, all of them if absent. Those that begin with "!" take paths away.',
});

const SEVERITY = 'off, note, warning or error';
/** "warn" and "info" are older words for warning and note. */
const severity = z.enum(['off', 'note', 'warning', 'error', 'warn', 'info'], SEVERITY).meta({ id: 'severity' });

/** What an object can say of a rule. */
const SAYINGS = {
  severity: severity.meta({ description: 'How bad it is.' }).optional(),
  'max-bytes': bytes.meta({ description: 'So many bytes are fine.' }).optional(),
  'max-percent': percent.meta({ description: 'So many percent of the image are fine.' }).optional(),
  'min-bytes': bytes.meta({ description: 'Less than so many bytes are fine.' }).optional(),
  allow: globs.meta({ description: 'Globs over paths of files that may be so.' }).optional(),
} as const;
type Saying = keyof typeof SAYINGS & (FindingOption | 'severity');

/** What can be said of some rules, or of any for some files. */
export type RuleObject = Partial<z.output<z.ZodObject<typeof SAYINGS>>> & { readonly paths?: PathGlobs | undefined };
/** A severity, an object, or a list of such. */
export type RuleValue = RuleObject | z.output<typeof severity> | readonly (RuleObject | z.output<typeof severity>)[];

/** Rules with the same options. */
interface RuleForm {
  readonly sayings: readonly Saying[];
  readonly schema: z.ZodType<RuleValue>;
}

function ruleForm(id: string, options: readonly Saying[]): RuleForm {
  const sayings: readonly Saying[] = ['severity', ...options];
  const list = sayings.map((key) => `"${key}"`).join(' or ');
  const message = `${SEVERITY}, or an object with ${list}`;
  const shape = Object.fromEntries(sayings.map((key) => [key, SAYINGS[key]])) as Partial<typeof SAYINGS>;
  const object = z
    .strictObject({ ...shape, paths: paths.optional() }, message)
    .refine((value) => sayings.some((key) => key in value), `an object with ${list}`)
    .meta({ id, anyOf: sayings.map((key) => ({ required: [key] })) });
  const several = z.array(z.union([severity, object], message), message).min(1, message);
  const schema = z.union([severity, object, several], `${message}, or a list of such`);
  return { sayings, schema: schema as unknown as z.ZodType<RuleValue> };
}

const RULE = ruleForm('rule', []);

/** "ruleWithMaxBytesMaxPercent": the name of a form in the JSON schema. */
function formName(options: readonly FindingOption[]): string {
  return `ruleWith-${options.join('-')}`.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The forms of rules that have options, by id; rules with the same options have the same form. */
const FORMS: Readonly<Record<string, RuleForm>> = formsOf(FINDINGS.filter(({ options }) => options.length > 0));

function formsOf(definitions: readonly AnyDefinition[]): Record<string, RuleForm> {
  const known = new Map<string, RuleForm>();
  const forms: Record<string, RuleForm> = {};
  for (const { id, options } of definitions) {
    const name = formName(options);
    const form = known.get(name) ?? ruleForm(name, options);
    known.set(name, form);
    forms[id] = form;
  }
  return forms;
}

const rules = z
  .object(
    Object.fromEntries(Object.entries(FORMS).map(([id, { schema }]) => [id, schema.optional()])),
    'an object with rules and how bad they are',
  )
  .catchall(RULE.schema)
  .meta({
    description: 'How bad findings are, by id or glob of ids. The last setting that fits a finding counts.',
    propertyNames: { anyOf: [{ enum: FINDING_IDS }, { pattern: '[*?{[]' }] },
  });

const REQUIREMENT = 'an object with "paths", "segments", and "direct" or "state"';
const requirementShape = z.strictObject(
  {
    paths: paths.meta({ description: 'Globs over paths of regular files, each of which must match something.' }),
    direct: percent
      .meta({ description: 'Least share of the pages that are straight from flash, as the file is loaded.' })
      .optional(),
    state: z
      .enum(['pfnmap', 'mixedmap'], 'pfnmap or mixedmap')
      .meta({ description: 'Least state of the mappings, as the file is loaded.' })
      .optional(),
    segments: z
      .enum(['text', 'rodata', 'read-only', 'all', 'none'], 'text, rodata, read-only, all or none')
      .meta({ description: 'Segments of programs and libraries; none: the file as a whole.' }),
  },
  REQUIREMENT,
);
const requirement = requirementShape
  .refine(({ direct, state }) => direct !== undefined || state !== undefined, REQUIREMENT)
  .meta({ anyOf: [{ required: ['direct'] }, { required: ['state'] }] });

const budgets = z
  .strictObject(
    {
      flash: bytes.meta({ description: 'Bytes of the file system.' }).optional(),
      padding: bytes.meta({ description: 'Bytes that only align what follows.' }).optional(),
      ram: bytes.meta({ description: 'Bytes of RAM for the files of all programs at once.' }).optional(),
      text: percent.meta({ description: 'Least share of program text that runs from flash.' }).optional(),
    },
    'an object with "flash", "padding", "ram" or "text"',
  )
  .meta({ description: 'Limits.' });

const DATE = 'a day as in 2026-12-31';
const date = z
  .string(DATE)
  .regex(/^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/, DATE)
  .refine(isDay, 'a day of the calendar');

/** Whether the calendar has a day, given as YYYY-MM-DD. */
export function isDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return day >= 1 && day <= days;
}

const exception = z.strictObject(
  {
    rule: z
      .string('the id of a finding, or a glob of ids')
      .superRefine((rule, context) => {
        if (exceptionIdsOf(rule).length > 0) return;
        const message = idsOf(rule).length > 0 ? 'a rule that is not about exceptions' : expectedRule(rule);
        context.addIssue({ code: 'custom', message, input: rule });
      })
      .meta({
        description: 'The id of the findings, or a glob of ids.',
        anyOf: [{ enum: FINDING_IDS }, { pattern: '[*?{[]' }],
      }),
    paths: paths.optional(),
    reason: z
      .string('a sentence')
      .regex(/\S/, 'a sentence that says why')
      .meta({ description: 'Why these findings do not count.' }),
    expires: date.meta({ description: 'The last day on which the exception holds.' }).optional(),
  },
  'an object with "rule" and "reason"',
);

const listOf = <T extends z.ZodType>(element: T, description: string) =>
  z.array(element, 'a list').meta({ description }).optional();

const TEXT = 'a text';
/** What says of a file where the image will be, and on what machine: the whole of a board, and a part of a policy. */
const MACHINE = {
  kernel: kernel.meta({ description: 'Kernel model, or a release of Linux such as 6.6.30.' }).optional(),
  phys: bytes.meta({ description: 'Physical address of the image; 0 for none.' }).optional(),
  'page-size': bytes
    .refine((size) => PAGE_SIZES.includes(size), '4K, 8K, 16K or 64K')
    .meta({ description: 'Bytes of a page.' })
    .optional(),
  'region-size': bytes
    .meta({ description: 'Bytes of the partition that the image lies in. An image that is larger is a finding.' })
    .optional(),
  cpu: z
    .enum(CPU_NAMES, `one of ${CPU_NAMES.join(', ')}`)
    .meta({ description: 'CPU.' })
    .optional(),
  endian: z.enum(['little', 'big'], 'little or big').meta({ description: 'Byte order of the CPU.' }).optional(),
  'library-path': z
    .string('directories with colons between them')
    .meta({ description: 'LD_LIBRARY_PATH of the programs that are started.' })
    .optional(),
  'partition-table': z
    .string(TEXT)
    .meta({ description: 'Partition table: a file, seen from this one, or mtdparts=…; gives phys and region-size.' })
    .optional(),
  partition: z.string(TEXT).meta({ description: 'The partition of the image in that table.' }).optional(),
  'flash-base': bytes.meta({ description: 'Physical address of the flash, for tables without addresses.' }).optional(),
} as const;

const HEAD = {
  $schema: z.string('an address').meta({ description: 'For editors: where this schema is.' }).optional(),
  version: z.literal(1, 'the number 1').meta({ description: 'Version of the format.' }),
} as const;

/** A board file: the part of a policy that is about the machine. */
export const boardSchema = z
  .strictObject({ ...HEAD, ...MACHINE }, 'an object, at least with "version: 1"')
  .meta({ title: 'Board for cramfs --board' });

/** A board file with its values understood. */
export type BoardFile = z.output<typeof boardSchema>;

/** The whole file. */
export const policySchema = z
  .strictObject(
    {
      ...HEAD,
      ...MACHINE,
      rules: rules.optional(),
      requires: listOf(requirement, 'What must be mapped how.'),
      budgets: budgets.optional(),
      exceptions: listOf(exception, 'Findings that are known and do not count.'),
    },
    'an object, at least with "version: 1"',
  )
  .meta({ title: 'Policy of cramfs audit' });

/** A policy file with its values understood. */
export type PolicyFile = z.output<typeof policySchema>;

/** What a file is: it decides which keys it may have. */
export type FileKind = 'policy' | 'board';

/** The keys that the object at a path can have, where others are errors. */
export function knownKeys([key, next]: readonly PropertyKey[], kind: FileKind): readonly string[] {
  switch (key) {
    case undefined:
      return Object.keys(kind === 'policy' ? policySchema.shape : boardSchema.shape);
    case 'rules':
      return ['paths', ...(FORMS[String(next)] ?? RULE).sayings];
    case 'requires':
      return Object.keys(requirementShape.shape);
    case 'budgets':
      return Object.keys(budgets.shape);
    default:
      return Object.keys(exception.shape);
  }
}
