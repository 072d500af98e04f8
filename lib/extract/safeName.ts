/**
 * Which names may become names of files. An image can hold any bytes there; what is written must stay where it belongs.
 */
const SLASH = 0x2f;
const DOT = 0x2e;

/** Names that Windows takes for devices, whatever their extension. */
const WINDOWS_DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])([.]|$)/i;
// eslint-disable-next-line no-control-regex -- Windows forbids control characters in names
const WINDOWS_FORBIDDEN = /[\\:<>"|?*\u0000-\u001f]|[ .]$/;

/**
 * Why a name of an image cannot be the name of a file, or null if it can.
 *
 * @param bytes the name as stored, without its padding
 * @param windows whether the rules of Windows hold as well: backslashes, drive letters, device names
 */
export function nameProblem(bytes: Uint8Array, windows = false): string | null {
  const { length } = bytes;
  if (length === 0) return 'an empty name';
  if (length === 1 && bytes[0] === DOT) return 'the name ".", which is the directory itself';
  if (length === 2 && bytes[0] === DOT && bytes[1] === DOT) return 'the name "..", which is the directory above';
  if (bytes.includes(SLASH)) return 'a name with a slash in it';
  if (bytes.includes(0)) return 'a name with a NUL in it';
  if (!windows) return null;
  const text = new TextDecoder().decode(bytes);
  if (WINDOWS_FORBIDDEN.test(text) || WINDOWS_DEVICES.test(text)) return 'a name that Windows does not allow';
  return null;
}
