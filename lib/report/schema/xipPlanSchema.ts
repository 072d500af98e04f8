/** The JSON Schema of `cramfs mkfs --xip … --json`: the plan and the curve. */
import { captureProperties } from '../profile/profileSchema.ts';
import { XIP_PLAN_SCHEMA } from '../xipPlan.ts';
import {
  count,
  described,
  flag,
  hexadecimal,
  list,
  nullable,
  number,
  object,
  oneOf,
  published,
  type Schema,
  text,
} from './jsonSchema.ts';

/** schemas/xip-plan.schema.json */
export function xipPlanJsonSchema(): Schema {
  const total = object({ flashBytes: { type: 'integer' }, ramPages: count, uses: number }, 'All steps up to this one.');
  const step = object({
    paths: list(text, 'Files of this content.'),
    firstPage: count,
    pages: described(count, 'Pages that become direct.'),
    pinned: flag,
    flashBytes: described({ type: 'integer' }, 'Bytes of flash more than compressed, alignment not counted.'),
    ramPages: described(count, 'Pages of RAM that this saves.'),
    uses: number,
    total,
  });
  const item = object({
    paths: list(text, 'Files of this content.'),
    format: oneOf('ELF32', 'ELF64', 'bFLT', 'data'),
    size: described(count, 'Bytes of the file.'),
    firstPage: count,
    pages: described(count, 'Pages of the file that are direct.'),
    segments: list(object({ firstPage: count, pages: count, prot: text })),
    flashBytes: { type: 'integer' },
    ramPages: count,
    uses: number,
    pagesOverBudget: described(count, 'Used pages that a budget leaves in RAM.'),
    pinned: flag,
    direct: flag,
    leftOut: nullable(oneOf('budget', 'copied', 'last-page', 'unused'), 'Why it is not direct.'),
  });
  return published('xip-plan', 'What cramfs mkfs --xip --json prints', XIP_PLAN_SCHEMA, {
    mode: oneOf('mmu', 'nommu'),
    layout: oneOf('inline', 'packed'),
    physBase: hexadecimal,
    pageSize: count,
    flashBudget: nullable(count, 'Bytes; null without one.'),
    plainSize: described(count, 'Bytes of the image with nothing direct.'),
    imageSize: count,
    directBytes: count,
    paddingBytes: count,
    ramPages: described(count, 'Pages that need no RAM.'),
    ramPagesWanted: described(count, 'Pages that would not with all in flash.'),
    uses: number,
    usesWanted: number,
    boundUses: described(number, 'No other selection within the budget could serve more uses.'),
    curve: list(step, 'What flash buys, the best first.'),
    items: list(item),
    captures: list(object(captureProperties), 'What the profile was made of; see profile.schema.json.'),
    proof: object(
      { segments: count, whole: count, partly: count },
      'Segments that were mapped in the model, and how many of them are direct as a whole and in part.',
    ),
  });
}
