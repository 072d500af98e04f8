/** Results of fault handlers and of vmf_insert_*(): enum vm_fault_reason. */
import type { Errno } from './errno.ts';

export const VM_FAULT_SIGBUS = 0x2;
export const VM_FAULT_NOPAGE = 0x100;
/** Any of the codes that mean failure. */
export const VM_FAULT_ERROR = 0x000873;

/** vm_fault_to_errno(), for the codes that are emulated. */
export function vmFaultToErrno(fault: number): Errno | null {
  return (fault & VM_FAULT_ERROR) === 0 ? null : 'EFAULT';
}
