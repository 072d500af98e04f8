// Joins the pieces that esbuild's splitting makes: it makes one for each set of entry points that share something, which
// is more than a hundred, and each file that is found, read and compiled delays a start.

/** What finding and reading one more file costs, in bytes of code that could be read and compiled in that time. */
const FILE_COST = 16 * 1024;
/** Bytes that an entry point may be made to load for nothing. */
const WASTE = 32 * 1024;
/** The same for a program that answers one question, and has its pieces in one pack. */
const WASTE_IN_PACK = 2 * 1024;

/** What loading a module of Node costs that is not in its snapshot, in the same unit. */
const BUILTIN_COST = new Map([['node:worker_threads', 128 * 1024]]);

/**
 * @typedef {object} Piece
 * @property {string} path
 * @property {string[]} parts paths of what was joined, each after what it imports
 * @property {number} bytes of code, plus the cost of the modules of Node that it loads at once
 * @property {Set<string>} users entry points that load it at once
 * @property {Set<string>} imports paths of pieces that it loads at once
 */

/**
 * Which parts make which piece. Two pieces are joined while that saves the entry points that need both more than it costs
 * those that need one, of which none may lose much; entry points stay as they are.
 * @param {import('esbuild').Metafile['outputs']} outputs of a build with splitting
 * @param {(source: string) => boolean} isQuick whether the program of that source answers one question
 * @returns {Map<string, string[]>} the path of a piece, that of its last part, and its parts in the order in which they run
 */
export function joinPieces(outputs, isQuick = () => false) {
  /** @type {Map<string, Piece>} */
  const pieces = new Map();
  for (const [path, { bytes, imports }] of Object.entries(outputs)) {
    const atOnce = imports.filter(({ kind }) => kind === 'import-statement');
    const names = new Set(atOnce.filter(({ external }) => external !== true).map((each) => each.path));
    const builtins = atOnce.reduce((sum, each) => sum + (BUILTIN_COST.get(each.path) ?? 0), 0);
    pieces.set(path, { path, parts: [path], bytes: bytes + builtins, users: new Set(), imports: names });
  }
  const entries = Object.keys(outputs).filter((path) => outputs[path]?.entryPoint !== undefined);
  const wasted = new Map(
    entries.map((entry) => [entry, isQuick(outputs[entry]?.entryPoint ?? '') ? WASTE - WASTE_IN_PACK : 0]),
  );
  const isEntry = new Set(entries);
  for (;;) {
    for (const { users } of pieces.values()) users.clear();
    for (const entry of entries) for (const { users } of reached(pieces, entry)) users.add(entry);
    const pair = bestPair(
      [...pieces.values()].filter(({ path }) => !isEntry.has(path)),
      pieces,
      wasted,
    );
    if (pair === null) break;
    join(pieces, wasted, ...pair);
  }
  return new Map([...pieces].map(([path, { parts }]) => [path, parts]));
}

/** That piece and all that it loads at once. @param {Map<string, Piece>} pieces @param {string} from @returns {Set<Piece>} */
function reached(pieces, from) {
  const all = new Set([pieces.get(from)].filter((piece) => piece !== undefined));
  for (const { imports } of all) {
    for (const path of imports) {
      const next = pieces.get(path);
      if (next !== undefined) all.add(next);
    }
  }
  return all;
}

/**
 * @param {Piece[]} all
 * @param {Map<string, Piece>} pieces
 * @param {Map<string, number>} wasted
 * @returns {[Piece, Piece] | null} the one that needs the other last
 */
function bestPair(all, pieces, wasted) {
  /** @type {[Piece, Piece] | null} */
  let best = null;
  let most = 0;
  const needs = new Map(all.map((piece) => [piece, reached(pieces, piece.path)]));
  const needed = (/** @type {Piece} */ piece) => needs.get(piece) ?? new Set();
  for (const [index, one] of all.entries()) {
    for (const other of all.slice(0, index)) {
      const both = [...one.users].filter((user) => other.users.has(user)).length;
      if (both * FILE_COST <= most) continue;
      const waste = [...wasteOf(one, needed(other)), ...wasteOf(other, needed(one))];
      const gain = both * FILE_COST - waste.reduce((sum, [, bytes]) => sum + bytes, 0);
      if (gain <= most || waste.some(([user, bytes]) => (wasted.get(user) ?? 0) + bytes > WASTE)) continue;
      const [first, last] = needed(one).has(other) ? [other, one] : [one, other];
      // A piece between the two would import the piece that imports it.
      if ([...needed(last)].some((piece) => piece !== first && piece !== last && needed(piece).has(first))) continue;
      [best, most] = [[first, last], gain];
    }
  }
  return best;
}

/**
 * The bytes that each user of a piece would load for nothing with others.
 * @param {Piece} piece
 * @param {Set<Piece>} others
 */
function wasteOf({ users }, others) {
  return [...users].flatMap((user) => {
    const more = [...others].filter((each) => !each.users.has(user));
    return more.length === 0 ? [] : [/** @type {const} */ ([user, more.reduce((sum, { bytes }) => sum + bytes, 0)])];
  });
}

/**
 * @param {Map<string, Piece>} pieces
 * @param {Map<string, number>} wasted
 * @param {Piece} first
 * @param {Piece} last
 */
function join(pieces, wasted, first, last) {
  const waste = [...wasteOf(first, reached(pieces, last.path)), ...wasteOf(last, reached(pieces, first.path))];
  for (const [user, bytes] of waste) wasted.set(user, (wasted.get(user) ?? 0) + bytes);
  const imports = new Set([...first.imports, ...last.imports]);
  imports.delete(first.path);
  pieces.delete(first.path);
  const [parts, bytes] = [[...first.parts, ...last.parts], first.bytes + last.bytes];
  pieces.set(last.path, { path: last.path, parts, bytes, users: new Set(), imports });
  for (const { imports: others } of pieces.values()) if (others.delete(first.path)) others.add(last.path);
}
