/** Manifests in the forms of other tools. Each form is a header, a text for each file, and a footer. */
import { jsonText } from '../base/json.ts';
import type { ManifestFile } from '../extract/manifest.ts';
import { encodeName, printableName } from '../format/names.ts';
import { SCHEMA_VERSION } from './mapJson.ts';
import { octalMode } from './modeString.ts';

/** The image that a manifest is of. */
export interface ManifestImage {
  /** As the user named it. */
  readonly name: string;
  /** Byte offset of the image in its file. */
  readonly offset: number;
  readonly size: number;
  /** Of the image's bytes, in hexadecimal. */
  readonly sha256: string;
}

/** A form of manifests. */
export interface ManifestFormat {
  header(image: ManifestImage, version: string): string;
  /** A file; null for one that the form leaves out. `isFirst`: no other was written before. */
  file(file: ManifestFile, isFirst: boolean): string | null;
  footer(): string;
}

const MTREE_TYPES: Readonly<Record<ManifestFile['type'], string>> = {
  file: 'file',
  directory: 'dir',
  symlink: 'link',
  chardev: 'char',
  blockdev: 'block',
  fifo: 'fifo',
  socket: 'socket',
  unknown: 'file',
};

/** BSD mtree(5), with full paths; read by mtree and bsdtar. */
const mtree: ManifestFormat = {
  header: () => '#mtree\n',
  file: ({ path, type, mode, uid, gid, size, sha256, target, device }) => {
    const words = [path === '/' ? '.' : mtreeName(`.${path}`), `type=${MTREE_TYPES[type]}`, `mode=${octal(mode)}`];
    words.push(`uid=${uid}`, `gid=${gid}`);
    if (type === 'file') words.push(`size=${size}`);
    if (sha256 !== null) words.push(`sha256digest=${sha256}`);
    if (target !== null) words.push(`link=${mtreeName(target)}`);
    if (device !== null) words.push(`device=linux,${device.major},${device.minor}`);
    return `${words.join(' ')}\n`;
  },
  footer: () => '',
};

/** vis(3) with octal escapes: every byte that could mean something, and those that are not ASCII. */
function mtreeName(name: string): string {
  // Names that are plain as a whole are nearly all of them.
  if (/^[\w./,:@%+~-]*$/.test(name)) return name;
  return [...encodeName(name)]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return /[\w./,:@%+~-]/.test(letter) ? letter : `\\${byte.toString(8).padStart(3, '0')}`;
    })
    .join('');
}

/** For `sha256sum -c` in the folder that the image was extracted to. Regular files only. */
const sha256sum: ManifestFormat = {
  header: () => '',
  file: ({ path, sha256 }) => {
    if (sha256 === null) return null;
    // A name with a backslash or a line end is escaped, and marked at the start of the line.
    const name = path.slice(1).replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/\r/g, '\\r');
    return `${name === path.slice(1) ? '' : '\\'}${sha256}  ${name}\n`;
  },
  footer: () => '',
};

/** CycloneDX 1.6: a component of type file for each file. */
const cyclonedx: ManifestFormat = {
  header: ({ name, offset, size, sha256 }, version) => {
    const component = {
      type: 'firmware',
      'bom-ref': 'image',
      name: printableName(name),
      hashes: [{ alg: 'SHA-256', content: sha256 }],
      properties: properties({ offset, size }),
    };
    const tools = { components: [{ type: 'application', name: 'cramfs-map', version }] };
    const metadata = jsonText({ tools, component });
    return `{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":${metadata},"components":[\n`;
  },
  file: ({ path, type, mode, uid, gid, size, sha256, target, device, inodeOffset, dataOffset }, isFirst) => {
    const component = {
      type: 'file',
      'bom-ref': `file:${path}`,
      name: printableName(path),
      ...(sha256 === null ? {} : { hashes: [{ alg: 'SHA-256', content: sha256 }] }),
      properties: properties({
        type,
        mode: octal(mode),
        uid,
        gid,
        ...(type === 'file' ? { size } : {}),
        ...(target === null ? {} : { target: printableName(target) }),
        ...(device === null ? {} : { device: `${device.major}:${device.minor}` }),
        inodeOffset,
        dataOffset,
      }),
    };
    return `${isFirst ? '' : ',\n'}${jsonText(component)}`;
  },
  footer: () => '\n]}\n',
};

function properties(values: Readonly<Record<string, string | number>>): { name: string; value: string }[] {
  return Object.entries(values).map(([name, value]) => ({ name: `cramfs:${name}`, value: String(value) }));
}

/** schemas/manifest.schema.json. */
const json: ManifestFormat = {
  header: (image) => `{"schemaVersion":${SCHEMA_VERSION},"image":${jsonText(image)},"files":[\n`,
  file: (file, isFirst) => {
    const { path, type, mode, ...rest } = file;
    return `${isFirst ? '' : ',\n'}${jsonText({ path, type, mode: octalMode(mode), ...rest })}`;
  },
  footer: () => '\n]}\n',
};

/** The forms, by name. */
export const MANIFEST_FORMATS = { mtree, sha256sum, cyclonedx, json } as const satisfies Record<string, ManifestFormat>;

/** The name of a form. */
export type ManifestFormatName = keyof typeof MANIFEST_FORMATS;

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
