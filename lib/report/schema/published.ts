/** The JSON Schemas of what commands print, by the names of their files: `npm run schemas` writes them. */
import { profileCheckJsonSchema, profileJsonSchema } from '../profile/profileSchema.ts';
import { stageJsonSchema } from '../stage/stageSchema.ts';
import type { Schema } from './jsonSchema.ts';
import { xipPlanJsonSchema } from './xipPlanSchema.ts';

/** Made at each call. */
export function reportSchemas(): Readonly<Record<string, Schema>> {
  return {
    profile: profileJsonSchema(),
    'profile-check': profileCheckJsonSchema(),
    stage: stageJsonSchema(),
    'xip-plan': xipPlanJsonSchema(),
  };
}
