/** The reports of an audit that people, GitHub and programs read. SARIF and JUnit have tests of their own. */
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import type { AuditResult } from '../lib/audit/result.ts';
import type { AuditedImage } from '../lib/audit/run.ts';
import { COLOURS } from '../lib/report/style.ts';
import { DEVICE, EVIL, FINDINGS, IMAGES, reportOf, RESULT } from './support/auditHelp.ts';

const only = (result: AuditResult): [AuditedImage] => [
  { image: result.image, index: 0, diagnosis: null, result, error: null },
];
// eslint-disable-next-line no-control-regex -- control characters are what this is about
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\ud800-\udfff]/;

describe('text', () => {
  test('groups findings by rule, and says where the flash goes, what runs from it, and what that comes to', async () => {
    const text = await reportOf('text', only({ ...RESULT, findings: FINDINGS.slice(0, 3) }));
    expect(text).toBe(`\
out/fw 1.cramfs
linux-6.18 on x86-64, little endian, 4 KiB pages, image at 0x10000000, byte 512
of the file

error   Missing library (xip/library-missing)
  why     libx.so, needed by /bin/app, is in none of the directories searched:
          /lib, /usr/lib
  to fix  add libx.so to /usr/lib, or name its directory (--library-path)
  /bin/app

warning Data after the image (image/trailing-data)
  why     the image is followed by 7 bytes of other data
  to fix  check whether it is another image: cramfs scan 'out/fw 1.cramfs'
  the image at byte 4096, 0x1000

warning Partly direct segment (xip/layout-break)
  why     segment 1 (r-x, 3 of 5 pages direct) is direct up to block 3, which is
          compressed; it would have to be a direct block at byte 24576 of the
          image
  to fix  store all of its blocks direct, one after the other: cramfs mkfs
          'out/fw 1.cramfs@0x200' NEW-IMAGE --xip mmu --phys 0x10000000
  /bin/app at byte 24576, 0x6000

and 2 more: security/device-node

suppressed
  1 finding, exception: needed for logins
  1 finding, in the baseline

flash, in bytes
  superblock          76    0.2 %
  data, direct     40884   99.8 %
  after the image      7    0.0 %
  total            40967  100.0 %

pages from flash, as loaded          text        rodata    RAM   flash
  /bin/app                   3/5 MIXEDMAP  1/1 PFNMAP    8 KiB  12 KiB

who needs the RAM   text  rodata  relro   data  bss
  /bin/app         4 KiB       -      -  4 KiB    -

other files in flash        blocks   size
  /etc/table          2/2 PFNMAP    8 KiB

in all
  XIP text   60.0 %: 12 KiB of 20 KiB run from flash
  read-only  66.7 %: 16 KiB of 24 KiB run from flash
  programs   the program starts
  RAM        8 KiB for what is mapped of files when the program runs
  RAM saved  12 KiB, against an image without direct blocks
  flash cost about 20 KiB: 39.93 KiB of direct blocks instead of about 20 KiB
             compressed

out/fw 1.cramfs: 1 error, 2 warnings, 3 notes; 2 suppressed; XIP text 60.0 %, 12
  KiB of RAM saved
`);
  });

  test.each([48, 60, 80, 120])('keeps to %d columns, but for words that are longer', async (width) => {
    const lines = (await reportOf('text', IMAGES, { width })).split('\n');
    const long = lines.filter((line) => line.length > width && line.trim().includes(' '));
    expect(long).toEqual([]);
  });

  test('has the same words with colour', async () => {
    const painted = await reportOf('text', IMAGES, { style: COLOURS });
    expect(painted).toContain('\u001b[31merror  \u001b[39m \u001b[1mMissing library\u001b[22m');
    expect(painted).toContain('3/5 \u001b[33mMIXEDMAP\u001b[39m');
    // eslint-disable-next-line no-control-regex -- the escape character starts a colour
    expect(painted.replace(/\u001b\[[0-9]+m/g, '')).toBe(await reportOf('text'));
  });

  test('tells of images that could not be audited, and sums up several', async () => {
    const lines = (await reportOf('text')).split('\n');
    expect(lines.slice(-4)).toEqual([
      'bad.cramfs       no audit',
      '',
      '2 images, 1 of them unreadable: 1 error, 2 warnings, 3 notes; 2 suppressed',
      '',
    ]);
  });

  test('of an image without programs has no table of them', async () => {
    const numbers = {
      ...RESULT.numbers,
      programs: 0,
      programsStarting: 0,
      textBytes: 0,
      readOnlyBytes: 0,
      ramSavedBytes: 0,
    };
    const counts = { error: 0, warning: 0, note: 0 };
    const text = await reportOf(
      'text',
      only({ ...RESULT, findings: [], omitted: {}, suppressed: [], counts, files: [], numbers }),
    );
    expect(text).not.toContain('programs');
    expect(text).toMatch(
      /in all\n {2}XIP text {3}none\n {2}read-only {2}none\n {2}flash cost about 20 KiB: .*\n.*\n\nout\/fw 1[.]cramfs: no errors\n$/,
    );
  });
});

describe('GitHub', () => {
  test('gets a workflow command for each finding', async () => {
    expect((await reportOf('github')).split('\n')).toEqual([
      "::warning file=out/fw 1.cramfs,title=image/trailing-data%3A Data after the image::the image is followed by 7 bytes of other data%0Ato fix: check whether it is another image: cramfs scan 'out/fw 1.cramfs'",
      expect.stringMatching(
        /^::error file=out\/fw 1.cramfs,title=xip\/library-missing%3A Missing library::\/bin\/app: libx.so, /,
      ),
      expect.stringMatching(/^::warning file=.*::\/bin\/app: segment 1 .*%0Ato fix: store all of its blocks direct/),
      expect.stringMatching(/^::notice file=.*::\/x\/%25:,.*\\r\\n.*%0Ato fix: /),
      '::error file=bad.cramfs,title=the image cannot be read::not a cramfs image',
      '2 images, 1 of them unreadable: 1 error, 2 warnings, 3 notes; 2 suppressed',
      '',
    ]);
  });

  test('gets file names that cannot end the property', async () => {
    const [line] = (await reportOf('github', only({ ...RESULT, image: 'a,b:c%\n.img' }))).split('\n');
    expect(line).toMatch(/^::warning file=a%2Cb%3Ac%25\\n[.]img,title=/);
  });
});

describe('Markdown', () => {
  test('is a table of images, and findings grouped by rule that can be folded', async () => {
    const text = await reportOf('markdown', only({ ...RESULT, findings: FINDINGS.slice(1, 2), omitted: {} }));
    expect(text).toBe(`\
### cramfs audit

1 image: 1 error, 2 warnings, 3 notes; 2 suppressed

| image | errors | warnings | notes | size | XIP text | RAM | RAM saved |
| :-- | --: | --: | --: | --: | --: | --: | --: |
| <code>out/fw 1.cramfs</code> | 1 | 2 | 3 | 40 KiB | 60.0 % | 8 KiB | 12 KiB |

<details><summary><code>out/fw 1.cramfs</code>: 1 finding</summary>

❌ <strong>Missing library</strong> (<code>xip/library-missing</code>)

libx.so, needed by /bin/app, is in none of the directories searched: /lib, /usr/lib.

To fix: add libx.so to /usr/lib, or name its directory (--library-path).

- <code>/bin/app</code>


</details>
`);
  });

  test('has no markup, mention or link from a name', async () => {
    const evil = `${EVIL} @user #12 !3 $4 ~label http://x.example www.x.example [a](b) __init__`;
    const findings = FINDINGS.slice(3).map((finding) => ({ ...finding, path: evil }));
    const text = await reportOf('markdown', only({ ...RESULT, image: evil, findings }));
    const rows = text.split('\n').filter((line) => line.startsWith('- '));
    expect(rows).toHaveLength(1);
    const inert = text.replaceAll(/&#[0-9]+;/g, '');
    for (const mark of ['`', '<b', '@', '#12', '!3', '$4', '~l', '://', 'www.', '[', '_', '*', '\\']) {
      expect(inert).not.toContain(mark);
    }
  });

  test('keeps to a size that comments can have', async () => {
    const findings = Array.from({ length: 5000 }, (_, index) => ({ ...DEVICE, path: `/dev/${String(index)}` }));
    const images = Array.from({ length: 500 }, (_, index) => ({ ...only({ ...RESULT, findings })[0], index }));
    const text = await reportOf('markdown', images);
    expect(text.length).toBeLessThan(60_000);
    expect(text).toMatch(/\nand [0-9]+ images more\n/);
    const groups = text.match(/security\/device-node/g) ?? [];
    expect(groups.length).toBeGreaterThan(5);
    expect(text).toContain(`\n${String(500 * 5002 - 5000 * groups.length)} findings more, not shown here\n`);
  });
});

describe('JSON', () => {
  const schema = JSON.parse(readFileSync(new URL('../schemas/audit.schema.json', import.meta.url), 'utf8')) as Record<
    string,
    unknown
  >;
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);

  test('fits its schema', async () => {
    const document: unknown = JSON.parse(await reportOf('json'));
    expect(validate(document) ? null : validate.errors).toBeNull();
    expect(document).toMatchObject({
      images: [{ error: null, findings: [{ path: null }, { path: '/bin/app' }, {}, { path: EVIL }] }, { error: {} }],
      totals: { images: 2, unreadable: 1, suppressed: 2, counts: { error: 1, warning: 2, note: 3 } },
    });
    expect(validate({ schemaVersion: 1, images: [{}], totals: {} })).toBe(false);
  });

  test('of no image is whole, too', async () => {
    const document: unknown = JSON.parse(await reportOf('json', []));
    expect(validate(document) ? null : validate.errors).toBeNull();
  });
});

test.each(['text', 'sarif', 'junit', 'github', 'markdown'] as const)(
  '%s has no control characters from names',
  async (format) => {
    expect(CONTROL.exec(await reportOf(format))).toBeNull();
  },
);
