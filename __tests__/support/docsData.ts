/** Checks of the data that the documentation shows: policies, boards, baselines, CI files, device trees. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { readPartitionTable } from '../../lib/board/readPartitionTable.ts';
import { parseBaseline } from '../../lib/policy/baseline.ts';
import { parsePolicy } from '../../lib/policy/parsePolicy.ts';
import type { Block } from '../../scripts/docs/blocks.mjs';
import { ciScripts } from '../../scripts/docs/samples.mjs';

const schema = (name: string): object =>
  JSON.parse(readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), 'utf8')) as object;
const ajv = new Ajv2020({ strict: false });
const isBoard = ajv.compile(schema('board'));
const isPolicy = ajv.compile(schema('policy'));

/** What a block holds, once it was checked; throws where it does not hold what it should. */
export type Checked = 'policy' | 'board' | 'baseline' | 'CI file' | 'device tree' | 'kernel options';

async function checkPolicy(text: string, value: object): Promise<Checked> {
  const whole = 'version' in value ? text : `version: 1\n${text}`;
  await parsePolicy(whole, 'policy');
  if (!isPolicy({ version: 1, ...value })) throw new Error(ajv.errorsText(isPolicy.errors));
  return 'policy';
}

/** Keys of a GitHub workflow, of GitLab's includes, of pre-commit: files that only use what others define. */
const CI_KEYS = ['jobs', 'include', 'repos'];

async function checkYaml({ text, file }: Block): Promise<Checked> {
  const value = parse(text) as object;
  // A step of a workflow by itself.
  if (Array.isArray(value) && value.every((step) => typeof step === 'object' && 'uses' in step)) return 'CI file';
  if (ciScripts(text).length > 0 || CI_KEYS.some((key) => key in value)) return 'CI file';
  if (!/^board\b/.test(file ?? '')) return checkPolicy(text, value);
  if (!isBoard(value)) throw new Error(ajv.errorsText(isBoard.errors));
  return 'board';
}

async function checkJson({ text }: Block): Promise<Checked> {
  const value = JSON.parse(text) as object;
  if (!('findings' in value)) return checkPolicy(text, value);
  parseBaseline(text, 'baseline');
  return 'baseline';
}

function checkDts({ text, file }: Block): Checked {
  const { partitions } = readPartitionTable(new TextEncoder().encode(text), file ?? 'board.dts');
  if (partitions.length === 0) throw new Error('no partitions');
  return 'device tree';
}

function checkKconfig({ text }: Block): Checked {
  for (const line of text.trimEnd().split('\n')) {
    if (!/^(?:CONFIG_[A-Z0-9_]+=(?:y|m|n|0x[0-9a-f]+|[0-9]+|".*")|# .*|)$/.test(line)) throw new Error(line);
  }
  return 'kernel options';
}

const CHECKS: Readonly<Record<string, (block: Block) => Checked | Promise<Checked>>> = {
  yaml: checkYaml,
  json: checkJson,
  dts: checkDts,
  kconfig: checkKconfig,
};

/** Checks a block of data; null for a block of another kind. */
export const checkData = async (block: Block): Promise<Checked | null> => CHECKS[block.kind]?.(block) ?? null;
