/**
 * cramfs-map: cramfs images, an emulated physical memory, and the kernel's mmap of their files.
 *
 * @example
 * const source = openFileSource('fw.cramfs');
 * const board = new Board(CramfsImage.open(source), { physBase: 0x08040000 });
 * const verdict = board.map({ path: '/bin/app', prot: 'rx' });
 */
export * from './browser.ts';
export { openFileSource, openStdinSource } from './source/nodeFile.ts';
export { createReadStream } from './extract/readStream.node.ts';
export { type ExtractOptions, extractToDirectory } from './extract/toDirectory.node.ts';
export { toVolume, type ToVolumeOptions } from './extract/toVolume.ts';
