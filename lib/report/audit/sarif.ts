/**
 * An audit as SARIF 2.1.0 (OASIS), for code scanning. There is nothing in it that changes from run to run: no time, no
 * machine, no absolute path that was not given.
 */
import { jsonText } from '../../base/json.ts';
import { hexDigits } from '../../base/hex.ts';
import { diagnosisLineText } from '../diagnosisWords.ts';
import type { AuditResult, SuppressedFinding } from '../../audit/result.ts';
import type { AuditedImage } from '../../audit/run.ts';
import type { Finding } from '../../findings/finding.ts';
import { encodeName, printableName } from '../../format/names.ts';
import { definitionOf } from '../../policy/findings.ts';
import { fingerprints } from '../../policy/fingerprint.ts';
import { findingWords } from '../findingWords.ts';
import type { AuditReporter, AuditReportOptions } from './reporter.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

export const sarifReport: AuditReporter = async function* (images, options) {
  const rules = new Map<string, number>();
  const notifications: unknown[] = [];
  let isWhole = true;
  let separator = '\n';
  yield `{"$schema":${jsonText(SCHEMA)},"version":"2.1.0","runs":[{"results":[`;
  for await (const image of images) {
    notifications.push(...notificationsOf(image));
    if (image.result === null) {
      isWhole = false;
      continue;
    }
    for (const result of resultsOf(image.image, image.result, rules)) {
      yield `${separator}${jsonText(result)}`;
      separator = ',\n';
    }
  }
  const driver = {
    name: 'cramfs audit',
    semanticVersion: options.version,
    rules: [...rules.keys()].map((id) => ruleOf(id, options)),
  };
  const invocation = { executionSuccessful: isWhole, toolExecutionNotifications: notifications };
  yield `\n],"tool":${jsonText({ driver })},"invocations":${jsonText([invocation])}}]}\n`;
};

function* resultsOf(image: string, result: AuditResult, rules: Map<string, number>): Generator {
  const names = fingerprints(result);
  const all: (Partial<SuppressedFinding> & { finding: Finding })[] = [
    ...result.findings.map((finding) => ({ finding })),
    ...result.suppressed,
  ];
  for (const { finding, by, reason } of all) {
    const { id, severity } = finding;
    let ruleIndex = rules.get(id);
    if (ruleIndex === undefined) rules.set(id, (ruleIndex = rules.size));
    yield {
      ruleId: id,
      ruleIndex,
      level: severity,
      message: { text: messageOf(finding, result) },
      locations: [locationOf(image, finding)],
      partialFingerprints: { 'cramfsFinding/v1': names.get(finding) },
      properties: { args: finding.args },
      ...(by === undefined
        ? {}
        : { suppressions: [{ kind: 'external', status: 'accepted', justification: reason ?? `known (${by})` }] }),
    };
  }
}

function messageOf(finding: Finding, result: AuditResult): string {
  const { cause, fix } = findingWords(finding, result);
  return `${finding.path === null ? '' : `${printableName(finding.path)}: `}${cause}\nto fix: ${fix}`;
}

/** Code scanning takes no result without a line, so there is one beside the offset. */
function locationOf(image: string, { path, offset }: Finding): Record<string, unknown> {
  const region = { startLine: 1, ...(offset === null ? {} : { byteOffset: offset }) };
  const physicalLocation = { artifactLocation: { uri: imageUri(image) }, region };
  if (path === null) return { physicalLocation };
  const fullyQualifiedName = printableName(path);
  const name = fullyQualifiedName.slice(fullyQualifiedName.lastIndexOf('/') + 1);
  return {
    physicalLocation,
    logicalLocations: [{ ...(name === '' ? {} : { name }), fullyQualifiedName, kind: 'resource' }],
  };
}

/** A file name as a URI (RFC 3986): relative as it was given, absolute as `file:`. */
export function imageUri(image: string): string {
  let uri = '';
  for (const byte of encodeName(image)) {
    const char = String.fromCharCode(byte);
    uri += /[A-Za-z0-9._~/-]/.test(char) ? char : `%${hexDigits(byte, 2).toUpperCase()}`;
  }
  return image.startsWith('/') ? `file://${uri}` : uri;
}

function ruleOf(id: string, { page }: AuditReportOptions): Record<string, unknown> {
  const { title, severity } = definitionOf({ id });
  const help = page(id);
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: help === null ? title : (descriptionOf(help) ?? title) },
    ...(help === null ? {} : { help: { text: help, markdown: help } }),
    defaultConfiguration: { level: severity },
  };
}

/** What a page says that the finding is, as plain text. */
function descriptionOf(page: string): string | undefined {
  return /^[*]{2}What it is[.][*]{2} (.+?)\n(?:\n|$)/ms.exec(page)?.[1]?.replace(/\s+/g, ' ');
}

/** What the run could not do, or does not tell. */
function notificationsOf({ image, diagnosis, result, error }: AuditedImage): unknown[] {
  const notification = (level: string, text: string): unknown => ({
    level,
    message: { text },
    locations: [{ physicalLocation: { artifactLocation: { uri: imageUri(image) } } }],
  });
  if (result === null) return [notification('error', error.message)];
  return [
    ...(diagnosis === null ? [] : [notification('error', diagnosisLineText(diagnosis))]),
    ...Object.entries(result.omitted).map(([id, count]) =>
      notification('warning', `${String(count)} more findings of ${id} are not in this report`),
    ),
  ];
}
