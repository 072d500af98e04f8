/** `cramfs info --json`: sizes in bytes, flags and checksums as hexadecimal strings. */
import { hex } from '../base/hex.ts';
import type { MountResult } from '../driver/mount.ts';
import { crcHex } from '../format/crc32.ts';
import type { ImageInfo } from '../inspect/imageInfo.ts';
import { SCHEMA_VERSION } from './mapJson.ts';

/**
 * @param mount how Linux mounts the image from MTD
 * @param ranges whether to list where the bytes of each label lie
 */
export function infoJson(info: ImageInfo, mount: MountResult, ranges: boolean) {
  const refusal = mount.refusal;
  const { statistics, account, crc } = info;
  return {
    schemaVersion: SCHEMA_VERSION,
    endian: info.littleEndian ? 'little' : 'big',
    pageSize: info.pageSize,
    superblock: {
      offset: info.position,
      size: info.size,
      flags: hex(info.flags),
      flagList: info.namedFlags.map((flag) => ({ ...flag, bit: hex(flag.bit) })),
      signature: info.signature,
      signatureGood: info.signatureGood,
      name: info.name,
      edition: info.claimed?.edition ?? null,
      blocks: info.claimed?.blocks ?? null,
      files: info.claimed?.files ?? null,
    },
    crc: {
      state: crc.state,
      stored: crcHex(crc.stored),
      computed: crc.computed === null ? null : crcHex(crc.computed),
    },
    neededKernel: refusal === null ? info.neededKernel : null,
    mountRefusal: refusal,
    variants: info.variants,
    loaders: info.loaders,
    counted: {
      inodes: statistics.inodes,
      types: statistics.types,
      depth: statistics.depth,
      blocks: statistics.blocks,
      contentBytes: statistics.contentBytes,
      distinctBytes: statistics.distinctBytes,
      sharingFiles: statistics.sharingFiles,
    },
    blockKinds: statistics.kinds,
    fileSizes: statistics.sizes,
    account: {
      fileBytes: account.fileBytes,
      missingBytes: account.missingBytes,
      labels: account.lines,
      ...(ranges ? { ranges: account.ranges } : {}),
    },
    problemCount: info.problemCount,
    problems: info.problems.map(({ code, message, offset, path }) => ({
      code,
      message,
      offset: offset ?? null,
      path: path ?? null,
    })),
  };
}
