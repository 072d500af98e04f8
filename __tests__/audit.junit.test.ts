/** JUnit XML of an audit: valid, and a test case for each thing that was looked at. */
import { describe, expect, test } from '@jest/globals';
import { audited, DEVICE, EVIL, FINDINGS, reportOf, RESULT, UNREADABLE } from './support/auditHelp.ts';
import { junitProblems } from './support/junitSchema.ts';

describe('JUnit XML', () => {
  test('is valid, whatever is in the report', async () => {
    expect(await junitProblems(await reportOf('junit'))).toEqual([]);
    expect(await junitProblems(await reportOf('junit', []))).toEqual([]);
    expect(await junitProblems(await reportOf('junit', [{ ...UNREADABLE, image: EVIL }]))).toEqual([]);
  });

  test('is held against a schema that refuses what is not so', async () => {
    const xml = await reportOf('junit');
    for (const wrong of [
      xml.replace('failures="1"', 'failures="one"'),
      xml.replace('<failure ', '<failed ').replace('</failure>', '</failed>'),
      xml.replace(' message="', ' massage="'),
      xml.replace('</testsuites>', ''),
      xml.replace('libx.so', '\u0001'),
    ]) {
      expect(await junitProblems(wrong)).not.toEqual([]);
    }
  });

  test('has a suite for each image, and a test case for each finding and each file without one', async () => {
    const xml = await reportOf('junit', [
      audited({ ...RESULT, findings: FINDINGS.slice(1, 3), suppressed: RESULT.suppressed.slice(0, 1) }),
      UNREADABLE,
    ]);
    expect(xml).toBe(`\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="cramfs audit">
  <testsuite name="out/fw 1.cramfs" tests="6" failures="1" errors="0" skipped="1" time="0">
    <testcase classname="out/fw 1.cramfs" name="image" file="out/fw 1.cramfs" time="0"/>
    <testcase classname="out/fw 1.cramfs" name="/bin/app: xip/library-missing" file="out/fw 1.cramfs" time="0"><failure type="xip/library-missing" message="libx.so, needed by /bin/app, is in none of the directories searched: /lib, /usr/lib">libx.so, needed by /bin/app, is in none of the directories searched: /lib, /usr/lib
to fix: add libx.so to /usr/lib, or name its directory (--library-path)</failure></testcase>
    <testcase classname="out/fw 1.cramfs" name="/bin/app: xip/layout-break" file="out/fw 1.cramfs" time="0"><system-out>warning: segment 1 (r-x, 3 of 5 pages direct) is direct up to block 3, which is compressed; it would have to be a direct block at byte 24576 of the image
to fix: store all of its blocks direct, one after the other: cramfs mkfs 'out/fw 1.cramfs@0x200' NEW-IMAGE --xip mmu --phys 0x10000000
at byte 24576, 0x6000</system-out></testcase>
    <testcase classname="out/fw 1.cramfs" name="image: more of security/device-node" file="out/fw 1.cramfs" time="0"><system-out>2 more findings are not in this report</system-out></testcase>
    <testcase classname="out/fw 1.cramfs" name="/bin/su: security/setuid" file="out/fw 1.cramfs" time="0"><skipped message="needed for logins"/></testcase>
    <testcase classname="out/fw 1.cramfs" name="/etc/table" file="out/fw 1.cramfs" time="0"/>
  </testsuite>
  <testsuite name="bad.cramfs" tests="1" failures="0" errors="1" skipped="0" time="0">
    <testcase classname="bad.cramfs" name="image" file="bad.cramfs" time="0"><error type="NOT_CRAMFS" message="not a cramfs image">not a cramfs image</error></testcase>
  </testsuite>
</testsuites>
`);
  });

  test('has a name of its own for each test case', async () => {
    const xml = await reportOf('junit', [audited({ ...RESULT, findings: [DEVICE, DEVICE, DEVICE] })]);
    const names = [...xml.matchAll(/<testcase classname="[^"]*" name="([^"]*)"/g)].map((match) => match[1]);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name?.endsWith(' (3)'))).toHaveLength(1);
  });

  test('has nothing that XML cannot hold', async () => {
    const xml = await reportOf('junit');
    expect(xml).toContain("/x/%:,|`&lt;b&gt;&amp;&quot;'@*]\\x1b[2J\\r\\n\\u202e\\xff\\uffff: security/device-node");
  });
});
