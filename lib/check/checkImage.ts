/**
 * `fsck` for cramfs: an image in, findings out. Nothing is printed, nothing is changed, and no image can make it run long or
 * take much memory: each byte is looked at a bounded number of times.
 */
import type { CramfsImage } from '../image/image.ts';
import { type BlockProblem, BlockVerifier } from './blockBatch.ts';
import type { Finding } from '../findings/finding.ts';
import type { SeverityCounts } from '../findings/findingList.ts';
import { CheckContext, type Tally } from './context.ts';
import { type FileBatch, FileSurvey } from './fileSurvey.ts';
import { CHECK_FINDINGS, compareByOffset } from './findings.ts';
import type { Rule } from './rule.ts';
import { RULES } from './rules/index.ts';
import { surveyTree } from './treeSurvey.ts';
import { beginRules, type Visitors } from './visitors.ts';

/** How to check. */
export interface CheckOptions {
  /** Whether compressed blocks are inflated. Default true; false is much faster. */
  readonly inflate?: boolean | undefined;
  /** Findings of one id that are kept; more are counted only. Default 1000. */
  readonly maxPerId?: number | undefined;
  /** The rules to ask. Default: all. */
  readonly rules?: readonly Rule[] | undefined;
}

/** The outcome of a check. */
export interface CheckResult {
  /** By offset. */
  readonly findings: readonly Finding[];
  /** How many there were of each severity, kept or not. */
  readonly counts: SeverityCounts;
  /** How many findings of each id are left out of `findings`. */
  readonly omitted: Readonly<Record<string, number>>;
  readonly tally: Readonly<Tally>;
  /** Whether compressed blocks were inflated. */
  readonly inflated: boolean;
}

/**
 * A check under way: it hands out batches of compressed blocks, takes what is wrong with them, and then has a result. Who
 * inflates them, and on which thread, is not its business.
 */
export class ImageCheck {
  readonly #context: CheckContext;
  readonly #visitors: Visitors;
  readonly #inflate: boolean;
  readonly #onlyOdd: boolean;
  #files: FileSurvey | null = null;

  constructor(image: CramfsImage, { inflate = true, maxPerId, rules = RULES }: CheckOptions = {}) {
    this.#context = new CheckContext(image, maxPerId);
    this.#visitors = beginRules(rules, this.#context);
    this.#inflate = inflate;
    this.#onlyOdd = rules.every(({ onlyOdd }) => onlyOdd === true);
  }

  /**
   * Looks at everything but compressed data, which comes in batches; none without `inflate`.
   *
   * @throws CramfsError IO
   */
  *batches(): Generator<FileBatch, void> {
    const visitors = this.#visitors;
    visitors.superblock();
    const files = surveyTree(this.#context, visitors, this.#onlyOdd);
    this.#files = new FileSurvey(this.#context, visitors, files, this.#onlyOdd);
    this.#files.surveyTables();
    yield* this.#files.surveyBlocks(this.#inflate);
  }

  /** Tells what is wrong with the blocks of a batch. Batches are to be told in their order. */
  tell(batch: FileBatch, problems: readonly BlockProblem[]): void {
    this.#files?.tell(batch, problems);
  }

  /** The outcome, when all batches have been told. */
  finish(): CheckResult {
    this.#files?.endSharers();
    this.#visitors.end();
    const { findings, tally } = this.#context;
    return {
      findings: findings.sorted(compareByOffset),
      counts: findings.counts,
      omitted: findings.omitted(CHECK_FINDINGS),
      tally,
      inflated: this.#inflate,
    };
  }
}

/**
 * Checks an image.
 *
 * @throws CramfsError IO when the source fails; whatever is wrong with the image is a finding
 */
export function checkImage(image: CramfsImage, options: CheckOptions = {}): CheckResult {
  const check = new ImageCheck(image, options);
  const verifier = new BlockVerifier(image);
  for (const batch of check.batches()) check.tell(batch, verifier.verify(batch));
  return check.finish();
}
