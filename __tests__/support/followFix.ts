/** Follows fixes: audits an image, does what the fix of a finding says, and audits what came of it. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditResult } from '../../lib/audit/result.ts';
import { runCramfs } from '../../lib/cli/cramfs.ts';
import { nodeIo } from '../../lib/cli/nodeIo.ts';
import type { Finding } from '../../lib/findings/finding.ts';
import { type CramfsImage, CramfsImage as Image, type OpenOptions } from '../../lib/image/image.ts';
import { openDetected } from '../../lib/inspect/openDetected.ts';
import { buildImage } from '../../lib/mkfs/mkfs.ts';
import { imageTree } from '../../lib/mkfs/source/imageTree.ts';
import type { DirectoryEntry } from '../../lib/mkfs/sourceTree.ts';
import { auditWithPolicy } from '../../lib/policy/auditWithPolicy.ts';
import { parsePolicy } from '../../lib/policy/parsePolicy.ts';
import { findingWords } from '../../lib/report/findingWords.ts';
import { Board, type BoardOptions } from '../../lib/verdict/board.ts';
import type { FixCase } from './fixCases.ts';

/** The image's name in commands. */
export const IMAGE = 'fw.cramfs';
/** What to put where a command has something to fill in. */
const FILLED_IN = { ADDRESS: '0x60100000', DIRECTORY: 'extracted' } as const;
const TODAY = '2026-11-22';

/** How a command ended. */
export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The image, the machine and the policy that findings are asked of. */
export interface Situation {
  readonly bytes: Uint8Array;
  readonly board?: BoardOptions | undefined;
  readonly open?: OpenOptions | undefined;
  readonly policy?: string | undefined;
}

function opened({ bytes, open }: Situation): CramfsImage {
  return open === undefined ? openDetected(bytes) : Image.open(bytes, open);
}

/** The audit of an image. */
export async function auditOf(situation: Situation): Promise<AuditResult> {
  const policy = await parsePolicy(`version: 1\n${situation.policy ?? ''}`, 'policy.yaml');
  const region = policy.machine.regionSize;
  const board = new Board(opened(situation), {
    ...(region === undefined ? {} : { regionSize: region }),
    ...situation.board,
  });
  return auditWithPolicy(board, policy, { name: IMAGE, today: TODAY });
}

/** A finding and its fix. */
export interface GivenFix {
  readonly finding: Finding;
  readonly fix: string;
}

/** The finding that a case is about, and its fix. */
export async function fixOf({ id, ...example }: FixCase): Promise<GivenFix> {
  const result = await auditOf({ ...example, bytes: example.image() });
  const finding = result.findings.find((each) => each.id === id);
  if (finding === undefined) throw new Error(`${id} is not found`);
  return { finding, fix: findingWords(finding, result).fix };
}

/** The commands of a fix: what follows a colon, up to the next alternative. */
export function commandsOf(fix: string): string[] {
  return [...fix.matchAll(/: (cramfs [^;()]+?)(?= [(]|;|$)/g)].map(([, command = '']) => command.trim());
}

/** Runs a command of a fix in a folder. */
export async function runCommand(command: string, folder: string): Promise<CommandRun> {
  const words = command.split(' ').map((word) => {
    const plain = word.replace(/^'(.*)'$/, '$1');
    const filled = FILLED_IN[plain as keyof typeof FILLED_IN] as string | undefined;
    if (filled !== undefined) return plain === 'DIRECTORY' ? join(folder, filled) : filled;
    return plain === IMAGE || plain === 'NEW-IMAGE' ? join(folder, plain) : plain;
  });
  const written = { out: '', err: '' };
  const real = nodeIo();
  const sink = (name: 'out' | 'err') => ({
    isTTY: false,
    columns: 1000,
    write: (text: string) => void (written[name] += text),
    writeEncoded: (text: Uint8Array) => void (written[name] += Buffer.from(text).toString()),
    writeBytes: (bytes: Uint8Array) => void (written[name] += Buffer.from(bytes).toString('latin1')),
  });
  const code = await runCramfs(words.slice(1), { ...real, stdout: sink('out'), stderr: sink('err') });
  return { code, ...written };
}

/** The image that a command makes. */
export async function imageMadeBy(command: string, bytes: Uint8Array, folder: string): Promise<Uint8Array> {
  writeFileSync(join(folder, IMAGE), bytes);
  rmSync(join(folder, 'NEW-IMAGE'), { force: true });
  const { code, err } = await runCommand(command, folder);
  if (code !== 0) throw new Error(`${command}: exit ${String(code)}: ${err}`);
  return readFileSync(join(folder, 'NEW-IMAGE'));
}

/** The image of what can be read of another: extracted, damage left out, and built again. */
export async function rebuiltFromFiles(bytes: Uint8Array, folder: string): Promise<Uint8Array> {
  const tree = join(folder, 'tree');
  rmSync(tree, { recursive: true, force: true });
  writeFileSync(join(folder, IMAGE), bytes);
  await runCramfs(['extract', join(folder, IMAGE), tree, '--quiet'], { ...nodeIo(), ...SILENT });
  const built = join(folder, 'NEW-IMAGE');
  const code = await runCramfs(['mkfs', tree, built], { ...nodeIo(), ...SILENT });
  if (code !== 0) throw new Error(`mkfs: exit ${String(code)}`);
  return readFileSync(built);
}

const SINK = {
  isTTY: false,
  columns: 80,
  write: () => undefined,
  writeEncoded: () => undefined,
  writeBytes: () => undefined,
};
const SILENT = { stdout: SINK, stderr: SINK };

/** The image of another's tree after a change. */
export async function rebuiltWith(situation: Situation, change: (tree: DirectoryEntry) => void): Promise<Uint8Array> {
  const tree = imageTree(opened(situation));
  change(tree);
  return (await buildImage(tree)).bytes;
}
