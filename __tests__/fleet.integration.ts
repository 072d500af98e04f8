/** integrations/fleet: an audit of 200 images in shards is the audit of the whole list. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { compatibleDirectBlocks } from '../lib/mkfs/compatibleXip.ts';
import { buildImage } from '../lib/mkfs/mkfs.ts';
import { directoryTree } from '../lib/mkfs/source/directoryTree.node.ts';
import type { Run } from './support/cli.ts';
import { integration, integrationText, Place } from './support/integrations.ts';

jest.setTimeout(600_000);
const COUNT = 200;
const OPTIONS = ['--policy', 'cramfs-policy.yaml'];
let place: Place;

beforeAll(async () => {
  place = await Place.make();
  place.write('cramfs-policy.yaml', "version: 1\nbudgets: { text: '100 %' }\n");
  mkdirSync(place.at('images'));
  mkdirSync(place.at('tools'));
  copyFileSync(integration('fleet/fleet.sh'), place.at('tools/fleet.sh'));
  copyFileSync(place.single, place.at('tools/cramfs.cjs'));
  for (const file of ['bin/hello', 'bin/counter', 'lib/ld-musl-i386.so.1', 'lib/libc.so', 'lib/libgreet.so']) {
    rmSync(place.at(`rootfs/${file}`));
  }
  const names = Array.from({ length: COUNT }, (_, i) => `images/board ${String(i).padStart(3, '0')}.cramfs`);
  for (const [i, name] of names.entries()) writeFileSync(place.at(name), await image(i));
  place.write('images.txt', `${names.join('\n')}\n`);
});
afterAll(() => {
  place.remove();
});

/** One of the fleet: every tenth has no direct text, every fiftieth is damaged, and one is not an image. */
async function image(i: number): Promise<Uint8Array> {
  if (i === 77) return new Uint8Array(4096).fill(i);
  writeFileSync(place.at('rootfs/etc/version'), `version ${String(i)}\n`);
  const built = await buildImage(directoryTree(place.rootfs), {
    pageSize: 4096,
    chooseDirect: i % 10 === 3 ? undefined : (bytes) => compatibleDirectBlocks(bytes, 4096),
    direct: { alignment: 4096, base: 0, layout: 'inline' },
  });
  const bytes = built.bytes.slice();
  if (i % 50 === 7) bytes.fill(0x5a, 300, 320);
  return bytes;
}

const fleet = (...argv: string[]): Run => place.run('sh', ['tools/fleet.sh', ...argv]);

const wholes = new Map<string, Buffer>();

/** The report of one run over the whole list. */
function whole(format: string): Buffer {
  let report = wholes.get(format);
  if (report === undefined) {
    const images = place.read('images.txt').trimEnd().split('\n');
    const argv = ['audit', ...OPTIONS, '--format', format, '--output', `whole.${format}`, '--', ...images];
    expect(place.run('cramfs', argv).code).toBe(3);
    wholes.set(format, (report = readFileSync(place.at(`whole.${format}`))));
  }
  return report;
}

describe('200 images with GNU parallel', () => {
  test.each([1, 2, 4])('in %d shards are one report, byte for byte that of the whole list', (shards) => {
    const began = performance.now();
    const { code, stderr } = fleet('parallel', String(shards), 'images.txt', `out ${String(shards)}`, ...OPTIONS);
    const seconds = (performance.now() - began) / 1000;
    process.stderr.write(`${String(COUNT)} images, ${String(shards)} shards: ${seconds.toFixed(1)} s\n`);
    expect([code, stderr]).toEqual([3, expect.stringContaining('board 077')]);
    expect(readFileSync(place.at(`out ${String(shards)}/fleet.json`)).equals(whole('json'))).toBe(true);
    expect(readFileSync(place.at(`out ${String(shards)}/fleet.txt`)).equals(whole('text'))).toBe(true);
    const { images, totals } = JSON.parse(place.read(`out ${String(shards)}/fleet.json`)) as {
      images: unknown[];
      totals: { images: number; unreadable: number };
    };
    expect([images.length, totals]).toEqual([COUNT, expect.objectContaining({ images: COUNT, unreadable: 1 })]);
  });

  test('stop when an option is wrong, and when the list is missing', () => {
    expect(fleet('parallel', '2', 'images.txt', 'bad', '--nonsense').code).not.toBe(0);
    expect(fleet('parallel', '2', 'missing.txt', 'bad').code).not.toBe(0);
    expect(fleet('shard').code).toBe(2);
  });

  test('without one of their shards are not a report', () => {
    const missing = fleet(
      'merge',
      'fleet.json',
      'json',
      'out 4/shard-1.ndjson',
      'out 4/shard-2.ndjson',
      'out 4/shard-4.ndjson',
    );
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('shard');
  });
});

describe('the same list over', () => {
  const merged = (): Run =>
    fleet('merge', 'merged.json', 'json', ...[1, 2, 3, 4].map((i) => `shard-${String(i)}.ndjson`));
  // A part of the list is enough to see that the steps do their work.
  beforeAll(() => {
    const some = place.read('images.txt').split('\n').slice(60, 80);
    place.write('images.txt', `${some.join('\n')}\n`);
    wholes.clear();
  });
  const isWhole = (): void => {
    expect(merged().code).toBe(3);
    expect(readFileSync(place.at('merged.json')).equals(whole('json'))).toBe(true);
  };

  test("GitHub's matrix", () => {
    const { jobs } = parse(integrationText('fleet/github.yml')) as {
      jobs: Record<
        string,
        {
          strategy: { matrix: { shard: number[] } };
          env: Record<string, string>;
          steps: { name?: string; run?: string }[];
        }
      >;
    };
    const { audit, fleet: last } = jobs;
    const step = (job: typeof audit, name: string): string => job?.steps.find((each) => each.name === name)?.run ?? '';
    for (const shard of audit?.strategy.matrix.shard ?? []) {
      const script = step(audit, 'Audit').replaceAll('${{ matrix.shard }}', String(shard));
      expect(place.run('bash', ['-e', '-c', script], { env: audit?.env ?? {} })).toMatchObject({ code: 0 });
    }
    expect(place.run('bash', ['-e', '-c', step(last, 'Merge')], { env: last?.env ?? {} }).code).toBe(3);
    isWhole();
  });

  test("GitLab's matrix", () => {
    for (let i = 1; i <= 4; i++) rmSync(place.at(`shard-${String(i)}.ndjson`));
    const file = parse(integrationText('fleet/gitlab.yml')) as {
      variables: Record<string, string>;
      audit: { parallel: { matrix: { SHARD: string[] }[] }; script: string[] };
      fleet: { script: string[] };
    };
    for (const SHARD of file.audit.parallel.matrix[0]?.SHARD ?? []) {
      const env = { ...file.variables, SHARD };
      expect(place.run('bash', ['-e', '-c', file.audit.script.join('\n')], { env })).toMatchObject({ code: 0 });
    }
    expect(place.run('bash', ['-e', '-c', file.fleet.script.join('\n')], { env: file.variables }).code).toBe(3);
    expect(place.read('fleet.xml')).toContain('<testsuites');
    isWhole();
  });

  test("Kubernetes' indexed Job", () => {
    const job = parse(integrationText('fleet/kubernetes.yaml')) as {
      spec: {
        completionMode: string;
        completions: number;
        template: { spec: { containers: { env: { name: string; value: string }[]; command: string[] }[] } };
      };
    };
    expect(job.spec.completionMode).toBe('Indexed');
    const [container] = job.spec.template.spec.containers;
    const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
    expect(env.SHARDS).toBe(String(job.spec.completions));
    copyFileSync(place.at('tools/fleet.sh'), place.at('fleet.sh'));
    copyFileSync(place.single, place.at('cramfs.cjs'));
    const [command = '', ...argv] = container?.command ?? [];
    for (let index = 0; index < job.spec.completions; index++) {
      const ran = place.run(command, argv, { env: { ...env, JOB_COMPLETION_INDEX: String(index) } });
      expect(ran).toMatchObject({ code: 0 });
      copyFileSync(
        place.at(`results/shard-${String(index + 1)}.ndjson`),
        place.at(`shard-${String(index + 1)}.ndjson`),
      );
    }
    isWhole();
  });
});
