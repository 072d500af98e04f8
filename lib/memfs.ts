/** `cramfs-map/memfs`: an image as a volume of memfs, which the program that imports this has to install. */
export { toVolume, type ToVolumeOptions } from './extract/toVolume.ts';
