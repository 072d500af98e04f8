/** The default kernel model, without the others: most questions are about it. */
import type { KernelModel } from './kernelModel.ts';
import { linux618 } from './mainline.ts';

/** The model that is used where none is named. */
export const DEFAULT_MODEL: KernelModel = linux618;
