/** SARIF of an audit: valid against the schema, and with what code scanning needs. */
import { describe, expect, test } from '@jest/globals';
import type { Finding } from '../lib/findings/finding.ts';
import { imageUri } from '../lib/report/audit/sarif.ts';
import { EVIL, FINDINGS, IMAGES, reportOf, RESULT } from './support/auditHelp.ts';
import { type Sarif, sarifProblems } from './support/sarifSchema.ts';

/** The only run of a document that fits the schema. */
function runOf(text: string): Sarif['runs'][0] {
  const document = JSON.parse(text) as Sarif;
  expect(sarifProblems(document)).toBeNull();
  expect(document.runs).toHaveLength(1);
  return document.runs[0];
}

describe('SARIF', () => {
  test('is valid, whatever is in the report', async () => {
    runOf(await reportOf('sarif'));
    runOf(await reportOf('sarif', []));
    runOf(await reportOf('sarif', IMAGES, { page: () => null }));
  });

  test('is held against a schema that refuses what is not so', () => {
    expect(sarifProblems({ version: '2.1.0', runs: [{ tool: { driver: { name: 'x' } }, results: [] }] })).toBeNull();
    expect(sarifProblems({ version: '2.1.0', runs: [{ tool: { driver: {} }, results: [] }] })).not.toBeNull();
    const results = [{ message: { text: 'x' }, level: 'fatal' }];
    expect(sarifProblems({ version: '2.1.0', runs: [{ tool: { driver: { name: 'x' } }, results }] })).not.toBeNull();
  });

  test('has a result for each finding, with level, rule, place and path', async () => {
    const { results, tool } = runOf(await reportOf('sarif'));
    expect(results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ['image/trailing-data', 'warning'],
      ['xip/library-missing', 'error'],
      ['xip/layout-break', 'warning'],
      ['security/device-node', 'note'],
      ['security/setuid', 'warning'],
      ['security/setuid', 'warning'],
    ]);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(results[0]).toMatchObject({
      message: {
        text: "the image is followed by 7 bytes of other data\nto fix: check whether it is another image: cramfs scan 'out/fw 1.cramfs'",
      },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'out/fw%201.cramfs' },
            region: { startLine: 1, byteOffset: 4096 },
          },
        },
      ],
    });
    expect(results[1]?.locations).toEqual([
      {
        physicalLocation: { artifactLocation: { uri: 'out/fw%201.cramfs' }, region: { startLine: 1 } },
        logicalLocations: [{ name: 'app', fullyQualifiedName: '/bin/app', kind: 'resource' }],
      },
    ]);
  });

  test('has each rule that it uses once, with its page', async () => {
    const { tool } = runOf(await reportOf('sarif'));
    expect(tool.driver).toMatchObject({ name: 'cramfs audit', semanticVersion: '1.2.3' });
    expect(tool.driver.rules).toHaveLength(5);
    expect(tool.driver.rules[1]).toEqual({
      id: 'xip/library-missing',
      shortDescription: { text: 'Missing library' },
      fullDescription: { text: 'About xip/library-missing, in short.' },
      help: {
        text: expect.stringMatching(/^# xip\/library-missing\n/),
        markdown: expect.stringMatching(/^# xip\/library-missing\n/),
      },
      defaultConfiguration: { level: 'error' },
    });
  });

  test('says what is suppressed, and why', async () => {
    const { results } = runOf(await reportOf('sarif'));
    expect(results.map(({ suppressions }) => suppressions)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      [{ kind: 'external', status: 'accepted', justification: 'needed for logins' }],
      [{ kind: 'external', status: 'accepted', justification: 'known (baseline)' }],
    ]);
  });

  test('tells what it does not tell, and that an image could not be read', async () => {
    const { invocations } = runOf(await reportOf('sarif'));
    expect(invocations).toMatchObject([
      {
        executionSuccessful: false,
        toolExecutionNotifications: [
          { level: 'warning', message: { text: '2 more findings of security/device-node are not in this report' } },
          { level: 'error', message: { text: 'not a cramfs image' } },
        ],
      },
    ]);
    expect(runOf(await reportOf('sarif', IMAGES.slice(0, 1))).invocations[0]?.executionSuccessful).toBe(true);
  });

  test('has the same fingerprints when the layout changes', async () => {
    const moved = FINDINGS.map((finding): Finding => ({
      ...finding,
      offset: finding.offset === null ? null : finding.offset + 4096,
    }));
    const fingerprintsOf = async (findings: readonly Finding[]) => {
      const result = { ...RESULT, findings };
      const { results } = runOf(
        await reportOf('sarif', [{ image: 'x', index: 0, diagnosis: null, result, error: null }]),
      );
      return results.map(({ partialFingerprints }) => partialFingerprints);
    };
    expect(await fingerprintsOf(moved)).toEqual(await fingerprintsOf(FINDINGS));
    expect(new Set((await fingerprintsOf(FINDINGS)).map((names) => JSON.stringify(names))).size).toBe(6);
  });

  test('has no time and no machine in it', async () => {
    expect(await reportOf('sarif')).toBe(await reportOf('sarif'));
    expect(await reportOf('sarif')).not.toMatch(/Utc|machine"|workingDirectory|account/);
  });
});

test.each([
  ['out/fw.cramfs', 'out/fw.cramfs'],
  ['a b#c?d%e:f.img', 'a%20b%23c%3Fd%25e%3Af.img'],
  ['/tmp/ü.img', 'file:///tmp/%C3%BC.img'],
  [EVIL, 'file:///x/%25%3A%2C%7C%60%3Cb%3E%26%22%27%40%2A%5D%1B%5B2J%0D%0A%E2%80%AE%FF%EF%BF%BF'],
])('the URI of %j is %s', (image, uri) => {
  expect(imageUri(image)).toBe(uri);
});
