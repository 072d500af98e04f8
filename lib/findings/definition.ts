/**
 * Definitions of findings: everything that is known about one, in one place, beside the rule that reports it.
 *
 * Ids are stable: policies, baselines and programs match on them. The page of an id is docs/findings/ID.md.
 */

/** error: the image is damaged or Linux cannot use it as it is; warning: likely to surprise; note: good to know. */
export type Severity = 'error' | 'warning' | 'note';

/** From worst to least. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** No arguments. */
export type Nothing = Readonly<Record<string, never>>;

/** Settings of a policy that some findings have beside severity and paths. */
export type FindingOption = 'max-bytes' | 'max-percent' | 'min-bytes' | 'allow';

/** What tells findings of one id and path apart. */
export type Distinction = readonly (string | number)[];

/** Where a finding is: what a fix may name. */
export interface FixPlace {
  /** The image as an argument of a shell command, with its offset in the file. */
  readonly image: string;
  /** The file that it is in, likewise. */
  readonly file: string;
  /** The path in the image as an argument that matches only itself; null for the image as a whole. */
  readonly path: string | null;
  /** The command that builds the image again, with these options more: what runs from flash goes on to do so. */
  readonly rebuild: (...options: readonly string[]) => string;
  /** The same with programs placed so that they run from flash on the machine that was audited. */
  readonly rebuildDirect: (...options: readonly string[]) => string;
  /** The same with nothing in flash: "cramfs mkfs fw.cramfs NEW-IMAGE". */
  readonly rebuildCompressed: (...options: readonly string[]) => string;
  /** The command that audits the image on the same machine, with these options more. */
  readonly audit: (...options: readonly string[]) => string;
}

/** What is written down of a finding. */
interface Written<Id extends string, Args> {
  /** `image/…`, `xip/…`, `security/…` or `policy/…`. */
  readonly id: Id;
  /** How bad it is where neither the rule nor a policy says otherwise. */
  readonly severity: Severity;
  /** `image`: about the image as a whole, so it has no path; `entry`: about a file, as a rule. */
  readonly scope: 'image' | 'entry';
  /** The type of the arguments: {@link args}. Offsets and lengths are bytes of the image, `block` and `page` count from 0. */
  readonly args: () => Args;
  /**
   * What tells findings of one path apart, for fingerprints: what stays the same when the image is rebuilt, and what can
   * get worse without another finding, so that a baseline does not hide the change. Default: nothing does.
   */
  readonly distinct?: (args: Args) => Distinction;
  /** What it is: a noun phrase in sentence case. */
  readonly title: string;
  /** Why it is reported: a sentence without a full stop, in small letters where it begins with a word. */
  readonly cause: (args: Args) => string;
  /**
   * The cause of findings at consecutive blocks of one path (`args.block`), from the first to the last, said once; null
   * where the two do not have the same cause. For texts: data has a finding for each block. Default: null.
   */
  readonly causeOfBlocks?: (first: Args, last: Args) => string | null;
  /** What to do about it: imperative, without a full stop, or a command to paste. */
  readonly fix: string | ((args: Args, place: FixPlace) => string);
  /** Settings of a policy that it has. Default: none. */
  readonly options?: readonly FindingOption[];
}

/** A finding's definition. */
export interface FindingDefinition<Id extends string = string, Args = unknown> {
  readonly id: Id;
  readonly severity: Severity;
  readonly scope: 'image' | 'entry';
  readonly args: () => Args;
  // Methods, so that a definition is one whatever its arguments are.
  distinct(args: Args): Distinction;
  readonly title: string;
  cause(args: Args): string;
  causeOfBlocks(first: Args, last: Args): string | null;
  fix(args: Args, place: FixPlace): string;
  readonly options: readonly FindingOption[];
}

/** A definition, whatever its arguments. */
export type AnyDefinition = FindingDefinition;

/** The arguments of a definition's findings. */
export type ArgsOf<D extends AnyDefinition> = ReturnType<D['args']>;

/** The type of a finding's arguments, as a value. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- it names the type; there is no value of it
export function args<Args>(): () => Args {
  return () => ({}) as Args;
}

/** Makes a definition of what is written down. */
export function defineFinding<const Id extends string, Args>({
  distinct = () => [],
  causeOfBlocks = () => null,
  fix,
  options = [],
  ...written
}: Written<Id, Args>): FindingDefinition<Id, Args> {
  return { ...written, distinct, causeOfBlocks, fix: typeof fix === 'string' ? () => fix : fix, options };
}

/** The code that `cramfs check` had for an id: FLAGS_UNSUPPORTED for image/flags-unsupported. */
export function codeOf(id: string): string {
  return id
    .slice(id.indexOf('/') + 1)
    .toUpperCase()
    .replaceAll('-', '_');
}
