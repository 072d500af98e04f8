/** The JSON Schema of SARIF 2.1.0, as Microsoft's SARIF SDK carries it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ErrorObject } from 'ajv';

const FILE = '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json';

/** It is of draft 4, and all that it uses of that is the same in draft 7 but for the name of its own address. */
const {
  $schema: _draft,
  id: $id,
  ...schema
} = JSON.parse(readFileSync(createRequire(import.meta.url).resolve(FILE), 'utf8')) as { $schema: string; id: string };

// One of its patterns, that of a language, is none under the flag "u".
const options = { strict: false, allErrors: true, validateFormats: false, unicodeRegExp: false };
const validate = new Ajv(options).compile({ ...schema, $id });

/** What tests look at. */
export interface Sarif {
  readonly runs: readonly [
    {
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly level: string;
        readonly message: { readonly text: string };
        readonly locations: readonly unknown[];
        readonly partialFingerprints: Readonly<Record<string, string>>;
        readonly suppressions?: readonly unknown[];
      }[];
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly invocations: readonly { readonly executionSuccessful: boolean }[];
    },
  ];
}

/** What is wrong with a SARIF document; null where nothing is. */
export function sarifProblems(document: unknown): ErrorObject[] | null {
  return validate(document) ? null : (validate.errors ?? []);
}
