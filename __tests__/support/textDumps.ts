/** Dumps as the tools write them that make text of bytes. */

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const lines = (rows: readonly string[], end = '\n'): Buffer =>
  Buffer.from(rows.map((row) => row + end).join(''), 'latin1');

function* pieces(bytes: Buffer, size: number): Generator<{ readonly at: number; readonly piece: Buffer }, void> {
  for (let at = 0; at < bytes.length; at += size) yield { at, piece: bytes.subarray(at, at + size) };
}

const letters = (piece: Buffer): string => piece.toString('latin1').replace(/[^ -~]/g, '.');
const sumOf = (bytes: Uint8Array): number => bytes.reduce((all, byte) => all + byte, 0);

/** As objcopy -O ihex writes it. */
export function intelHex(bytes: Buffer, address: number): Buffer {
  const record = (type: number, at: number, data: Buffer): string => {
    const body = Buffer.concat([Buffer.from([data.length, at >> 8, at & 0xff, type]), data]);
    return `:${body.toString('hex')}${hex(-sumOf(body) & 0xff, 2)}`.toUpperCase();
  };
  const rows: string[] = [];
  let upper = -1;
  for (const { at, piece } of pieces(bytes, 16)) {
    const place = address + at;
    if (place >>> 16 !== upper) {
      upper = place >>> 16;
      rows.push(record(4, 0, Buffer.from([upper >> 8, upper & 0xff])));
    }
    rows.push(record(0, place & 0xffff, piece));
  }
  return lines([...rows, ':00000001FF'], '\r\n');
}

/** As objcopy -O srec writes it. */
export function sRecords(bytes: Buffer, address: number): Buffer {
  const record = (type: number, body: Buffer): string => {
    const whole = Buffer.concat([Buffer.from([body.length + 1]), body]);
    return `S${String(type)}${whole.toString('hex')}${hex(~sumOf(whole) & 0xff, 2)}`.toUpperCase();
  };
  const place = (at: number): Buffer => Buffer.from(hex(address + at, 8), 'hex');
  const rows = [...pieces(bytes, 16)].map(({ at, piece }) => record(3, Buffer.concat([place(at), piece])));
  return lines([record(0, Buffer.from('\0\0image')), ...rows, record(7, place(0))]);
}

const spaced = (piece: Buffer): string => piece.toString('hex').replace(/..(?!$)/g, '$& ');

/** As the flash tools of MSP430 write it. */
export function tiTxt(bytes: Buffer, address: number): Buffer {
  return lines([`@${hex(address, 4)}`, ...[...pieces(bytes, 16)].map(({ piece }) => spaced(piece).toUpperCase()), 'q']);
}

/** As base64(1) writes it. */
export const base64Text = (bytes: Buffer): Buffer =>
  Buffer.from(bytes.toString('base64').replace(/.{76}/g, '$&\n') + '\n');

/** As uuencode(1) writes it. */
export function uuencoded(bytes: Buffer, name: string): Buffer {
  const char = (value: number): string => (value === 0 ? '`' : String.fromCharCode(value + 32));
  const rows = [...pieces(bytes, 45)].map(({ piece }) => {
    const padded = Buffer.concat([piece, Buffer.alloc((3 - (piece.length % 3)) % 3)]);
    const words = [...pieces(padded, 3)].map(({ piece: three }) => {
      const word = three.readUIntBE(0, 3);
      return [18, 12, 6, 0].map((shift) => char((word >>> shift) & 63)).join('');
    });
    return char(piece.length) + words.join('');
  });
  return lines([`begin 644 ${name}`, ...rows, '`', 'end']);
}

/** As xxd writes it. */
export function xxd(bytes: Buffer): Buffer {
  const rows = [...pieces(bytes, 16)].map(({ at, piece }) => {
    const groups = piece.toString('hex').replace(/....(?!$)/g, '$& ');
    return `${hex(at, 8)}: ${groups.padEnd(39)}  ${letters(piece)}`;
  });
  return lines(rows);
}

/** As hexdump -C writes it. */
export function hexDump(bytes: Buffer, { repeats }: { readonly repeats: boolean }): Buffer {
  const rows: string[] = [];
  let last: Buffer = Buffer.alloc(0);
  for (const { at, piece } of pieces(bytes, 16)) {
    if (repeats && last.equals(piece)) {
      if (rows.at(-1) !== '*') rows.push('*');
      continue;
    }
    last = piece;
    const halves = `${spaced(piece.subarray(0, 8))}  ${spaced(piece.subarray(8))}`;
    rows.push(`${hex(at, 8)}  ${halves.padEnd(48)}  |${letters(piece)}|`);
  }
  return lines([...rows, hex(bytes.length, 8)]);
}

/** As od -v -x writes it on a little-endian machine. */
export function od(bytes: Buffer): Buffer {
  const rows = [...pieces(bytes, 16)].map(({ at, piece }) => {
    const words = [...pieces(piece, 2)].map(({ piece: two }) => hex(two.readUInt16LE(0), 4));
    return `${at.toString(8).padStart(7, '0')} ${words.join(' ')}`;
  });
  return lines([...rows, bytes.length.toString(8).padStart(7, '0')]);
}

/** What a terminal shows of U-Boot reading flash, on a little-endian machine. `width`: bytes of a word. */
export function uBootSession(bytes: Buffer, width: 1 | 4): Buffer {
  const address = 0x9f040000;
  const rows = [...pieces(bytes, 16)].map(({ at, piece }) => {
    const words =
      width === 1
        ? spaced(piece)
        : [...pieces(piece, 4)].map(({ piece: four }) => hex(four.readUInt32LE(0), 8)).join(' ');
    return `${hex(address + at, 8)}: ${words}    ${letters(piece)}`;
  });
  const command = `=> md.${width === 1 ? 'b' : 'l'} ${hex(address, 8)} ${hex(bytes.length / width, 1)}`;
  return lines([
    'U-Boot 2016.03 (May 02 2017 - 10:11:12)',
    '',
    'DRAM:  64 MiB',
    'Hit any key to stop autoboot:  0 ',
    command,
    ...rows,
    '=> ',
  ]);
}

/** An Android sparse image: blocks of zeros are left out, or given as a fill. */
export function sparseOf(bytes: Buffer): Buffer {
  const block = 512;
  const chunks: Buffer[] = [];
  const count = Math.ceil(bytes.length / block);
  for (const { piece } of pieces(bytes, block)) {
    const isZero = piece.every((byte) => byte === 0);
    const header = Buffer.alloc(12);
    header.writeUInt16LE(isZero ? (chunks.length % 2 === 0 ? 0xcac2 : 0xcac3) : 0xcac1, 0);
    header.writeUInt32LE(1, 4);
    const isFill = header.readUInt16LE(0) === 0xcac2;
    const data = isZero ? Buffer.alloc(isFill ? 4 : 0) : Buffer.concat([piece, Buffer.alloc(block - piece.length)]);
    header.writeUInt32LE(12 + data.length, 8);
    chunks.push(Buffer.concat([header, data]));
  }
  const header = Buffer.alloc(28);
  header.writeUInt32LE(0xed26ff3a, 0);
  header.writeUInt16LE(1, 4);
  header.writeUInt16LE(28, 8);
  header.writeUInt16LE(12, 10);
  header.writeUInt32LE(block, 12);
  header.writeUInt32LE(count, 16);
  header.writeUInt32LE(chunks.length, 20);
  return Buffer.concat([header, ...chunks]);
}
