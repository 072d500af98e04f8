/** The curve of a plan as a picture: RAM saved over flash spent, a dot a step. */
import { printableName } from '../../format/names.ts';
import type { PlanStep, XipPlan } from '../../mkfs/xip/plan.ts';
import { TONES } from '../palette.ts';
import { kib, pageRange } from '../../base/words.ts';

const WIDTH = 720;
const HEIGHT = 420;
const LEFT = 64;
const RIGHT = 24;
const TOP = 48;
const BOTTOM = 52;
/** Lines of the grid, each way. */
const TICKS = 5;
/** Steps that are named in the picture, the largest first; all have a title that shows under the pointer. */
const NAMED = 6;

/** The picture. It is a file of its own: no font, no style sheet, nothing from elsewhere. */
export function curveSvg(plan: XipPlan): string {
  const { curve, pageSize } = plan;
  const points = curve.map((step) => ({ step, flash: step.total.flashBytes, ram: step.total.ramPages * pageSize }));
  const mostFlash = niceCeiling(Math.max(1024, ...points.map(({ flash }) => flash)));
  const mostRam = niceCeiling(Math.max(1024, ...points.map(({ ram }) => ram)));
  const x = (flash: number): number => round(LEFT + ((WIDTH - LEFT - RIGHT) * Math.max(0, flash)) / mostFlash);
  const y = (ram: number): number => round(HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * ram) / mostRam);
  const spent = plan.items.reduce((sum, { leftOut, flashBytes }) => sum + (leftOut === null ? flashBytes : 0), 0);
  const saved =
    plan.items.reduce((sum, { leftOut, ramPages }) => sum + (leftOut === null ? ramPages : 0), 0) * pageSize;
  const line = [{ flash: 0, ram: 0 }, ...points].map(({ flash, ram }) => `${x(flash)},${y(ram)}`).join(' ');
  const colour = TONES.find(({ name }) => name === 'direct')?.light ?? '#0072b2';
  const names = placed(
    [...points]
      .sort((a, b) => b.step.ramPages - a.step.ramPages)
      .map(({ step, flash, ram }) => {
        const text = lastName(step);
        return { text, x: Math.min(x(flash) + 6, WIDTH - 150), y: y(ram) + 14 };
      }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>RAM saved for flash spent</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="24" font-size="15" fill="#1f2328">RAM saved for flash spent, best steps first</text>`,
    ...grid(mostFlash, mostRam, x, y),
    `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...points.map(
      ({ step, flash, ram }) =>
        `<circle cx="${x(flash)}" cy="${y(ram)}" r="3" fill="${colour}"><title>${stepTitle(step, pageSize)}</title></circle>`,
    ),
    ...names.map(
      (name) => `<text x="${name.x}" y="${name.y}" font-size="11" fill="#59636e">${escape(name.text)}</text>`,
    ),
    `<path d="M${x(spent)} ${HEIGHT - BOTTOM}V${TOP}" stroke="#c43e1c" stroke-dasharray="4 3"/>`,
    `<text x="${Math.min(x(spent) + 4, WIDTH - 170)}" y="${TOP - 6}" fill="#c43e1c">this image: ${kib(spent)} KiB for ${kib(saved)} KiB</text>`,
    '</svg>',
    '',
  ].join('\n');
}

interface Name {
  readonly text: string;
  /** Where its left end lies on the base line. */
  readonly x: number;
  readonly y: number;
}

/** Height of a line, and width of a character at most, in the picture. */
const [LINE_HEIGHT, CHARACTER] = [13, 7];

/** The names of the first steps, as many as there is room for: none over another. */
function placed(names: readonly Name[]): Name[] {
  const kept: Name[] = [];
  for (const name of names) {
    const isFree = kept.every(
      (other) =>
        Math.abs(other.y - name.y) >= LINE_HEIGHT ||
        name.x >= other.x + other.text.length * CHARACTER ||
        other.x >= name.x + name.text.length * CHARACTER,
    );
    if (isFree) kept.push(name);
    if (kept.length === NAMED) break;
  }
  return kept;
}

function grid(mostFlash: number, mostRam: number, x: (n: number) => number, y: (n: number) => number): string[] {
  const steps = Array.from({ length: TICKS + 1 }, (_, index) => index / TICKS);
  const bottom = HEIGHT - BOTTOM;
  return [
    ...steps.flatMap((part) => [
      `<path d="M${x(part * mostFlash)} ${TOP}V${bottom}M${LEFT} ${y(part * mostRam)}H${WIDTH - RIGHT}" stroke="#e4e6e9"/>`,
      `<text x="${x(part * mostFlash)}" y="${bottom + 18}" text-anchor="middle" fill="#59636e">${kib(part * mostFlash)}</text>`,
      `<text x="${LEFT - 8}" y="${y(part * mostRam) + 4}" text-anchor="end" fill="#59636e">${kib(part * mostRam)}</text>`,
    ]),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle" fill="#1f2328">KiB of flash more than with nothing direct</text>`,
    `<text transform="translate(16 ${(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle" fill="#1f2328">KiB of RAM saved</text>`,
  ];
}

function stepTitle({ paths, first, end, flashBytes, ramPages }: PlanStep, pageSize: number): string {
  const pages = pageRange(first, end - first);
  return escape(
    `${paths[0] ?? ''} ${pages}: ${kib(flashBytes)} KiB of flash for ${kib(ramPages * pageSize)} KiB of RAM`,
  );
}

const lastName = ({ paths }: PlanStep): string => {
  const path = paths[0] ?? '';
  return path.slice(path.lastIndexOf('/') + 1).slice(0, 24);
};

const round = (n: number): number => Math.round(n * 10) / 10;

/** The next number of KiB whose fifths are round. */
function niceCeiling(bytes: number): number {
  const wanted = bytes / 1024 / TICKS;
  const unit = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 4, 5, 10].find((factor) => factor * unit >= wanted) ?? 10;
  return step * unit * TICKS * 1024;
}

const escape = (text: string): string =>
  printableName(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
