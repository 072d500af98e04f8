/**
 * `fsck` for cramfs: an image in, findings out. Nothing is printed, nothing is changed, and no image can make it run long or
 * take much memory: each byte is looked at a bounded number of times.
 */
import type { CramfsImage } from '../image/image.ts';
import { type BlockBatch, type BlockProblem, verifyBlocks } from './blockBatch.ts';
import type { FindingCode, Severity } from './codes.ts';
import { CheckContext, type Tally } from './context.ts';
import { FileSurvey } from './fileSurvey.ts';
import type { Finding } from './finding.ts';
import { RULES } from './rules/index.ts';
import { surveyTree } from './treeSurvey.ts';
import { beginRules } from './visitors.ts';

/** How to check. */
export interface CheckOptions {
  /** Whether compressed blocks are inflated. Default true; false is much faster. */
  readonly inflate?: boolean | undefined;
  /** Findings of one code that are kept; more are counted only. Default 1000. */
  readonly maxPerCode?: number | undefined;
}

/** The outcome of a check. */
export interface CheckResult {
  /** By offset. */
  readonly findings: readonly Finding[];
  /** How many there were of each severity, kept or not. */
  readonly counts: Readonly<Record<Severity, number>>;
  /** How many findings of each code are left out of `findings`. */
  readonly omitted: Readonly<Partial<Record<FindingCode, number>>>;
  readonly tally: Readonly<Tally>;
  /** Whether compressed blocks were inflated. */
  readonly inflated: boolean;
}

/**
 * The steps of a check: it gives batches of compressed blocks, and takes what is wrong with them. Who inflates them, and on
 * which thread, is not its business.
 */
export function* checkSteps(
  image: CramfsImage,
  options: CheckOptions = {},
): Generator<BlockBatch, CheckResult, readonly BlockProblem[]> {
  const { inflate = true, maxPerCode } = options;
  const context = new CheckContext(image, maxPerCode);
  const visitors = beginRules(RULES, context);
  visitors.superblock();
  const survey = new FileSurvey(context, visitors, surveyTree(context, visitors));
  survey.surveyTables();
  for (const batch of survey.surveyBlocks(inflate)) survey.tell(batch, yield batch);
  visitors.end();
  const { findings, tally } = context;
  return {
    findings: findings.sorted(),
    counts: { error: findings.countOf('error'), warning: findings.countOf('warning'), info: findings.countOf('info') },
    omitted: findings.omitted(),
    tally,
    inflated: inflate,
  };
}

/**
 * Checks an image.
 *
 * @throws CramfsError IO when the source fails; whatever is wrong with the image is a finding
 */
export function checkImage(image: CramfsImage, options: CheckOptions = {}): CheckResult {
  const steps = checkSteps(image, options);
  for (let step = steps.next(); ;) {
    if (step.done === true) return step.value;
    step = steps.next(verifyBlocks(image.source, image.inflate, image.pageSize, step.value));
  }
}
