/** What is known of a CPU or a kernel model from real kernels: the fixtures have a transcript of each that was run. */
export interface Evidence {
  /** Kernels and configurations that were run; empty where nobody ran one. */
  readonly run: readonly string[];
  /** What was only read, or nobody looked at; null where nothing is left to say. */
  readonly notRun: string | null;
}
