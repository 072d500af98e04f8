/**
 * A map verdict as JSON, schema version 1. Keys in a stable order; addresses as hexadecimal strings.
 */
import { jsonText } from '../base/json.ts';
import { hex } from '../base/hex.ts';
import type { MountResult } from '../driver/mount.ts';
import type { PteRun } from '../mm/pageTable.ts';
import type { MapAdvice } from '../verdict/advice.ts';
import type { Machine } from '../verdict/machine.ts';
import type { FailedVerdict, MappedVerdict, MapVerdict } from '../verdict/mapVerdict.ts';
import type { MapDetail } from '../verdict/request.ts';
import { isAddress, jsonNumber, jsonString, keysJson, listJson, textsJson, wordsJson } from './jsonText.ts';
import { actionJson, icacheJson, pageKeys, traceKeys, warningJson } from './mapDetailJson.ts';
import { nommuCrc, nommuKeys } from './nommuJson.ts';

/** Version of the JSON that every command prints. */
export const SCHEMA_VERSION = 1;

/** The verdict as the object that `--json` prints, and `--batch` on each line. */
export function mapJson(verdict: MapVerdict, detail: MapDetail): Record<string, unknown> {
  return JSON.parse(mapJsonText(verdict, detail)) as Record<string, unknown>;
}

/**
 * The verdict as JSON text, without spaces. What every verdict has is written piece by piece: a batch would spend a third
 * of its time in JSON.stringify() otherwise.
 *
 * @param mount the mount that came before, for the `mount` key of a single verdict
 */
export function mapJsonText(
  verdict: MapVerdict,
  detail: MapDetail,
  mount?: Pick<MountResult, 'errno' | 'log'>,
): string {
  const { kind } = verdict;
  const isNommu = kind === 'nommu' || (kind === 'failed' && !verdict.machine.hasMmu);
  return (
    `{${headJson(verdict)}${isNommu ? keysJson(nommuKeys(verdict)) : pageTableJson(verdict)}` +
    `,"log":${textsJson(verdict.log)}` +
    `,"warnings":${verdict.warnings.length === 0 ? '[]' : jsonText(verdict.warnings.map(warningJson))}` +
    (detail.advice === true ? `,"advice":${adviceJson(verdict.advice)}` : '') +
    (isNommu ? `,"crc32":${textOrNull(nommuCrc(verdict))}` : '') +
    (verdict.pages === null ? '' : keysJson(pageKeys(verdict, isNommu ? { ...detail, crc: false } : detail))) +
    (verdict.trace === null ? '' : keysJson(traceKeys(verdict))) +
    (mount === undefined ? '}' : `,"mount":${jsonText({ errno: mount.errno, log: mount.log })}}`)
  );
}

/** What every verdict begins with: the request, the machine, and how the call ends. */
function headJson(verdict: MapVerdict): string {
  return (
    `"schemaVersion":${String(SCHEMA_VERSION)},"path":${jsonString(verdict.path)}` +
    `,"offset":${jsonNumber(verdict.offset)},"length":${jsonNumber(verdict.length)}` +
    `,"prot":"${verdict.prot}","flags":${kept(verdict.flags, wordsJson)}${kept(verdict.machine, machineJson)}` +
    `,"file":${verdict.file === null ? 'null' : kept(verdict.file, fileJson)},"errno":${wordOrNull(verdict.errno)}` +
    `${verdict.failed === 'open' ? ',"failed":"open"' : ''},"bug":${textOrNull(verdict.bug)}`
  );
}

/** The text of what many verdicts share. */
const texts = new WeakMap<object, string>();

function kept<T extends object>(value: T, textOf: (value: T) => string): string {
  let text = texts.get(value);
  if (text === undefined) texts.set(value, (text = textOf(value)));
  return text;
}

const fileJson = ({ path, name, size }: NonNullable<MapVerdict['file']>): string => jsonText({ path, name, size });

const machineJson = (machine: Machine): string =>
  keysJson({
    kernel: machine.kernel,
    cpu: machine.cpu,
    endian: machine.littleEndian ? 'little' : 'big',
    pageSize: machine.pageSize,
    physBase: hex(machine.physBase),
    regionSize: machine.regionSize,
  });

/** What a kernel with an MMU makes of the request. */
function pageTableJson(verdict: FailedVerdict | MappedVerdict): string {
  return (
    (verdict.actions === undefined ? '' : keysJson({ actions: verdict.actions.map(actionJson) })) +
    (verdict.icache === null ? '' : keysJson({ icache: icacheJson(verdict.icache) })) +
    `,"state":${wordOrNull(verdict.state)},"bailout":${wordOrNull(verdict.bailout)}` +
    `,"physAddress":${addressOrNull(verdict.physAddress)},"vmaStart":${addressOrNull(verdict.vmaStart)}` +
    `,"vmaPages":${String(verdict.vmaPages)},"directPages":${String(verdict.directPages)}` +
    `,"direct":${listJson(verdict.direct, runText)},"mapsOffset":${addressOrNull(verdict.mapsOffset)}` +
    `,"vmFlags":${verdict.vmFlags === null ? 'null' : kept(verdict.vmFlags, wordsJson)}`
  );
}

const runText = (run: PteRun): string =>
  `{"page":${String(run.page)},"pages":${String(run.pages)},"pfn":"${hex(run.pfn)}"}`;

/** Why, and what to do, by kinds; addresses and offsets of the image in hexadecimal. */
function adviceJson(advice: MapAdvice | null): string {
  if (advice === null) return 'null';
  return `{"cause":${aboutJson(advice.cause)},"remedies":${listJson(advice.remedies, aboutJson)}}`;
}

/** Values by their names; addresses in hexadecimal. */
function aboutJson(about: object): string {
  const values = about as Readonly<Record<string, string | number | boolean | null>>;
  let json = '';
  // By far faster than Object.entries().
  for (const key in values) {
    const value = values[key] ?? null;
    const before = json === '' ? '{' : ',';
    const text =
      typeof value === 'string'
        ? jsonString(value)
        : typeof value === 'number' && isAddress(key)
          ? `"${hex(value)}"`
          : String(value);
    json += `${before}"${key}":${text}`;
  }
  return `${json}}`;
}

/** A word of a fixed list, or null. */
const wordOrNull = (word: string | null): string => (word === null ? 'null' : `"${word}"`);
const textOrNull = (text: string | null): string => (text === null ? 'null' : jsonString(text));
const addressOrNull = (address: number | null): string => (address === null ? 'null' : `"${hex(address)}"`);
