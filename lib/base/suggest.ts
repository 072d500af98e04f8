/** "Did you mean …?" */

/** The words most like a misspelt one: those in reach of few changes, or longer or shorter; the best ones only. */
export function suggestions(word: string, known: Iterable<string>): string[] {
  const most = Math.max(1, Math.floor(word.length / 3));
  let best: string[] = [];
  let least = most;
  for (const candidate of known) {
    const [a, b] = [word.toLowerCase(), candidate.toLowerCase()];
    // "warning" for "warn".
    const holds = 2 * Math.min(a.length, b.length) > Math.max(a.length, b.length) && (a.includes(b) || b.includes(a));
    const changes = holds ? 1 : distance(a, b, least);
    if (changes > least) continue;
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

/** Characters to insert, delete, replace or swap with their neighbour; anything above `limit` where it is more. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    if (Math.min(...row) > limit) return limit + 1;
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
