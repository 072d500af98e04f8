/** The rules, in the order in which they are asked. A new rule is a file, a line here and a page. */
import type { AuditRule } from '../rule.ts';
import { boardWide } from './boardWide.ts';
import { deviceNodes } from './deviceNodes.ts';
import { duplicateData } from './duplicateData.ts';
import { hazards } from './hazards.ts';
import { icacheFlush } from './icacheFlush.ts';
import { padding } from './padding.ts';
import { permissions } from './permissions.ts';
import { programs } from './programs.ts';
import { segmentLayout } from './segmentLayout.ts';
import { sharedInodes } from './sharedInodes.ts';
import { unmappableDirect } from './unmappableDirect.ts';

export const AUDIT_RULES: readonly AuditRule[] = [
  boardWide,
  segmentLayout,
  unmappableDirect,
  programs,
  hazards,
  icacheFlush,
  duplicateData,
  padding,
  sharedInodes,
  permissions,
  deviceNodes,
];
