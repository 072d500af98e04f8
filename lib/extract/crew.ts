/** Other threads that do a kind of work. */
export interface Crew<Job, Result> {
  /** Takes a job if somebody has time for it; `done` is called from the event loop later. */
  tryStart(job: Job, done: (result: Result) => void): boolean;
  /** Waits until nothing is under way. Rejects if a thread died. */
  idle(): Promise<void>;
  /** Asks all to stop before the next file. */
  stop(): void;
}
