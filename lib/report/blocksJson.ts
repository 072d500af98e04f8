/** `cramfs blocks --json`. */
import { hex } from '../base/hex.ts';
import type { Block } from '../image/blocks.ts';
import { decodeBlockPointer } from '../format/blockPointer.ts';
import { type BlocksReport, whyItEnds } from './blocksText.ts';
import { SCHEMA_VERSION } from './mapJson.ts';

export function blocksJson(path: string, size: number, report: BlocksReport) {
  const { blocks, runs, pageSize, physBase } = report;
  return {
    schemaVersion: SCHEMA_VERSION,
    path,
    size,
    pageSize,
    physBase: physBase === null ? null : hex(physBase),
    blocks: blocks.map((block) => blockJson(block, physBase)),
    runs: runs.map((run) => ({
      first: run.first,
      blocks: run.blocks,
      offset: run.offset,
      ...(physBase === null ? {} : { physAddress: hex(physBase + run.offset) }),
      aligned: ((physBase ?? 0) + run.offset) % pageSize === 0,
      end: run.end,
      why: whyItEnds(run, pageSize),
    })),
  };
}

function blockJson(block: Block, physBase: number | null) {
  const { uncompressed, direct, address } = decodeBlockPointer(block.pointer);
  const hole = block.kind === 'hole';
  return {
    block: block.index,
    pointer: hex(block.pointer),
    uncompressed,
    direct,
    address,
    kind: block.kind,
    offset: hole ? null : block.start,
    length: block.length,
    ...(physBase === null || hole ? {} : { physAddress: hex(physBase + block.start) }),
    bytes: block.bytes,
  };
}
