/**
 * Which names may become names of files. An image can hold any bytes there; what is written must stay where it belongs.
 */
/** Names that Windows takes for devices, whatever their extension. */
const WINDOWS_DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])([.]|$)/i;
// eslint-disable-next-line no-control-regex -- Windows forbids control characters in names
const WINDOWS_FORBIDDEN = /[\\:<>"|?*\u0000-\u001f]|[ .]$/;

/**
 * Why a name of an image cannot be the name of a file, or null if it can.
 *
 * @param name the name as format/names makes it
 * @param windows whether the rules of Windows hold as well: backslashes, drive letters, device names
 */
export function nameProblem(name: string, windows = false): string | null {
  if (name === '') return 'an empty name';
  if (name === '.') return 'the name ".", which is the directory itself';
  if (name === '..') return 'the name "..", which is the directory above';
  if (name.includes('/')) return 'a name with a slash in it';
  if (name.includes('\0')) return 'a name with a NUL in it';
  if (!windows) return null;
  if (WINDOWS_FORBIDDEN.test(name) || WINDOWS_DEVICES.test(name)) return 'a name that Windows does not allow';
  return null;
}
