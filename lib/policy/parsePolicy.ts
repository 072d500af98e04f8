/** Reading a policy file. */
import type { Policy, PolicyMachine } from './policy.ts';

/**
 * Reads a policy: YAML 1.2 or JSON.
 *
 * @param name of the file, for errors
 * @throws CramfsError BAD_POLICY with everything that is wrong with it
 */
export async function parsePolicy(text: string, name: string): Promise<Policy> {
  const { readPolicy } = await import('./readPolicy.ts');
  return readPolicy(text, name);
}

/**
 * Reads a board, which is the part of a policy that is about the machine: YAML 1.2 or JSON.
 *
 * @param name of the file, for errors
 * @throws CramfsError BAD_BOARD with everything that is wrong with it
 */
export async function parseBoard(text: string, name: string): Promise<PolicyMachine> {
  const { readBoard } = await import('./readPolicy.ts');
  return readBoard(text, name);
}
