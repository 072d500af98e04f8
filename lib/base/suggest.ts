/** "Did you mean …?" */

/**
 * The words most like a misspelt one: those in reach of few changes, or longer or shorter; the best ones only.
 *
 * @param mostChanges beside a third of the word's length
 */
export function suggestions(word: string, known: Iterable<string>, mostChanges = Infinity): string[] {
  const most = Math.min(mostChanges, Math.max(1, Math.floor(word.length / 3)));
  let best: string[] = [];
  let least = most;
  for (const candidate of known) {
    const [a, b] = [word.toLowerCase(), candidate.toLowerCase()];
    // "warning" for "warn".
    const holds = 2 * Math.min(a.length, b.length) > Math.max(a.length, b.length) && (a.includes(b) || b.includes(a));
    const changes = holds ? 1 : distance(...withoutEnds(a, b), least);
    // Words that have no character in common are no suggestion.
    if (changes > least || (!holds && changes >= Math.min(a.length, b.length))) continue;
    if (changes < least) best = [];
    least = changes;
    best.push(candidate);
  }
  return best.slice(0, 3);
}

/** A hint to append to a sentence: ` (did you mean "x"?)`, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const found = suggestions(word, known);
  return found.length === 0 ? '' : ` (did you mean ${found.map((candidate) => `"${candidate}"`).join(' or ')}?)`;
}

/** Two words without what both begin and end with. */
function withoutEnds(a: string, b: string): [string, string] {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return [a.slice(start, a.length - end), b.slice(start, b.length - end)];
}

/**
 * Characters to insert, delete, replace or swap with their neighbour; anything above `limit` where it is more. Takes
 * length times limit: places of the two words that are further apart than `limit` are more changes than that.
 */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  const newRow = (): number[] => new Array<number>(b.length + 2).fill(limit + 1);
  let [beforeLast, last, row] = [newRow(), Array.from({ length: b.length + 2 }, (_, j) => j), newRow()];
  for (let i = 1; i <= a.length; i++) {
    const [from, to] = [Math.max(1, i - limit), Math.min(b.length, i + limit)];
    // Beside the places that are counted: none in reach, but for the start of the word.
    row[from - 1] = from === 1 ? i : limit + 1;
    row[to + 1] = limit + 1;
    let leastOfRow = row[from - 1] ?? 0;
    for (let j = from; j <= to; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      }
      row[j] = least;
      leastOfRow = Math.min(leastOfRow, least);
    }
    if (leastOfRow > limit) return limit + 1;
    [beforeLast, last, row] = [last, row, beforeLast];
  }
  return last[b.length] ?? 0;
}
