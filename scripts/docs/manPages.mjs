// Man pages: one for each program and each command, from what the help shows.

/** Characters that the help uses and that every terminal does not have. @type {Readonly<Record<string, string>>} */
const ASCII = { '…': '...', '×': 'x', '→': '->', '–': '-', '’': "'" };

/**
 * The pages: name of the file → roff.
 * @param {readonly import('../../lib/cli/help/reference.ts').CommandReference[]} references
 * @param {string} version
 */
export function manPages(references, version) {
  const names = references.map(({ name }) => name);
  // "cramfs map" is the program cramfs-map, whose page has the name that its own would have.
  const shown = references.filter(({ name }) => !name.includes(' ') || !names.includes(pageName(name)));
  return Object.fromEntries(
    shown.map((reference) => [
      `${pageName(reference.name)}.1`,
      page(reference, related(reference.name, names), version),
    ]),
  );
}

/** @param {string} command */
const pageName = (command) => command.replaceAll(' ', '-');

/**
 * The pages that a page refers to: what is above and directly below a command, and the other programs.
 * @param {string} name
 * @param {readonly string[]} names
 */
function related(name, names) {
  const parent = name.slice(0, Math.max(0, name.lastIndexOf(' ')));
  return names.filter(
    (other) =>
      other !== name &&
      (other === parent ||
        other.slice(0, Math.max(0, other.lastIndexOf(' '))) === name ||
        (!name.includes(' ') && !other.includes(' '))),
  );
}

/**
 * @param {import('../../lib/cli/help/reference.ts').CommandReference} reference
 * @param {readonly string[]} others
 * @param {string} version
 */
function page({ name, summary, description, usage, arguments: operands, options, commands, notes }, others, version) {
  const lines = [
    `.TH "${name.toUpperCase().replaceAll(' ', '\\-')}" 1 "" "cramfs\\-map ${version}" "User Commands"`,
    '.SH NAME',
    `${pageName(name).replaceAll('-', '\\-')} \\- ${roff(summary.charAt(0).toLowerCase() + summary.slice(1))}`,
    '.SH SYNOPSIS',
    `.B ${roff(name)}`,
    roff(usage.slice(name.length).trim()),
    '.SH DESCRIPTION',
    `${roff(description)}.`,
    ...notes.paragraphs.flatMap((paragraph) => ['.PP', ...paragraph.map((line) => roff(line.trim()))]),
    ...section('COMMANDS', commands),
    ...section('ARGUMENTS', operands.length === 0 ? [] : [{ heading: '', items: operands }]),
    ...section('OPTIONS', options),
    ...section(
      'EXIT STATUS',
      notes.exitCodes.length === 0
        ? []
        : [{ heading: '', items: notes.exitCodes.map(([term, text]) => ({ term, text })) }],
    ),
    '.SH EXAMPLES',
    '.EX',
    ...notes.examples.map(roff),
    '.EE',
    ...(others.length === 0 ? [] : ['.SH SEE ALSO', ...seeAlso(others)]),
  ];
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

/**
 * @param {string} title
 * @param {readonly import('../../lib/cli/help/reference.ts').ReferenceGroup[]} groups
 */
function section(title, groups) {
  if (groups.length === 0) return [];
  const lines = groups.flatMap(({ heading, items }) => [
    ...(heading === '' ? [] : [`.SS ${roff(heading)}`]),
    ...items.flatMap(({ term, text }) => ['.TP', `.B ${roff(term)}`, roff(text)]),
  ]);
  return [`.SH ${title}`, ...lines];
}

/** @param {readonly string[]} names */
function seeAlso(names) {
  return names.map(
    (name, index) => `.BR ${pageName(name).replaceAll('-', '\\-')} (1)${index < names.length - 1 ? ',' : ''}`,
  );
}

/**
 * A text as roff that shows it.
 * @param {string} text
 */
function roff(text) {
  const plain = text.replace(/[^\n -~]/gu, (letter) => {
    const instead = ASCII[letter];
    if (instead === undefined) throw new Error(`man pages: no ASCII for "${letter}" in: ${text}`);
    return instead;
  });
  return plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('"', '\\(dq')
    .replace(/^[.]/, '\\&.');
}
