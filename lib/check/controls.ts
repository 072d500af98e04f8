/** Characters that move a terminal's cursor or turn the direction of writing. */

/** Control characters but NUL, and those that change the direction of writing. */
// eslint-disable-next-line no-control-regex -- control characters are what this is about
export const CONTROLS = /[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
