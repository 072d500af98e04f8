// The word list: habits of wording that stop a reader, and what to write instead. An ESLint rule applies it to the strings
// of the product, `npm run lint:docs` to README and docs.

/**
 * Each habit and the plain words for it. Kept small: each entry was met often, and each has a usual word in this field.
 * @type {readonly (readonly [habit: RegExp, instead: string])[]}
 */
export const HABITS = [
  [/\b(?:tells?|telling|told)\b/i, 'show, report, print, say'],
  [/\bbehind\b/i, 'after, past, following'],
  [/\bstands?\b/i, 'is, lies, appears'],
  [/(?<!\bthere )\b(?:is|are|was|were) no\b(?! longer| more)/i, 'is not a'],
  [/\bthat (?:is|are) none\b/i, 'that is not one'],
  [/\bmakers?\b/i, 'tool, builder'],
  [/\b(?:some|no|every)body\b/i, 'someone, no one; or name who it is'],
  [/\bheld against\b/i, 'compared with, validated against'],
  [/\bin one piece\b/i, 'contiguous'],
  [/\ball the same\b/i, 'anyway'],
  [/\bon paper\b/i, 'simulated'],
  [/\bmend(?:s|ed|ing)?\b/i, 'fix'],
  [/\ba bug of ours\b/i, 'internal error'],
  [/\b(?:can|cannot|could|to) (?:not )?be had\b/i, 'available'],
  [/\blikewise\b/i, 'also'],
  [/\bfor the sake of\b|\b's sake\b/i, 'for'],
  [/\bcome(?:s)? about\b|\bcame about\b/i, 'happen, result'],
  [/\bheed(?:s|ed)?\b/i, 'respect, follow'],
  [/\bthere twice\b/i, 'duplicate'],
  [/\bno multiple of\b/i, 'not a multiple of'],
];

/**
 * The habits in a text: what was found and what to write instead.
 * @param {string} text
 */
export const habitsIn = (text) =>
  HABITS.flatMap(([habit, instead]) => {
    const found = habit.exec(text)?.[0];
    return found === undefined ? [] : [{ found, instead }];
  });

/** @type {import('eslint').ESLint.Plugin} */
export const words = {
  rules: {
    plain: {
      meta: { type: 'suggestion', docs: { description: 'strings in plain words' }, schema: [] },
      create(context) {
        /**
         * @param {import('eslint').Rule.Node} node
         * @param {unknown} text
         */
        const look = (node, text) => {
          // A single word is an identifier of some kind, not prose.
          if (typeof text !== 'string' || !/\S\s+\S/.test(text)) return;
          for (const { found, instead } of habitsIn(text)) {
            context.report({ node, message: `"${found}" in a text for users; say: ${instead}` });
          }
        };
        return {
          Literal: (node) => {
            if (node.parent.type !== 'ImportDeclaration') look(node, node.value);
          },
          TemplateElement: (node) => {
            look(node, node.value.cooked);
          },
        };
      },
    },
  },
};
