/**
 * Signals: work that ends early in good order, and what must not stay when the program ends.
 */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What is to be removed when the program ends before its time. */
const cleanups = new Set<() => void>();
/** Work that a signal asks to end, the innermost last. */
const controllers: AbortController[] = [];
let isListening = false;

/**
 * Does work that a signal ends early, in good order. A second signal ends the program at once.
 *
 * @param work is told by its AbortSignal
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  controllers.push(controller);
  listen();
  try {
    return await work(controller.signal);
  } finally {
    controllers.splice(controllers.indexOf(controller), 1);
    listen();
  }
}

/**
 * Has `cleanup` called when a signal or process.exit() ends the program.
 *
 * @returns a function that takes that back
 */
export function cleanUpAtExit(cleanup: () => void): () => void {
  cleanups.add(cleanup);
  listen();
  return () => {
    cleanups.delete(cleanup);
    listen();
  };
}

/** Takes signals while something waits for them; otherwise they do what they always do. */
function listen(): void {
  const isWanted = cleanups.size > 0 || controllers.length > 0;
  if (isWanted === isListening) return;
  isListening = isWanted;
  for (const name of SIGNALS) {
    if (isWanted) process.on(name, onSignal);
    else process.off(name, onSignal);
  }
  if (isWanted) process.on('exit', cleanUp);
  else process.off('exit', cleanUp);
}

function onSignal(name: NodeJS.Signals): void {
  const running = controllers.filter(({ signal }) => !signal.aborted);
  if (running.length > 0) {
    for (const controller of running) controller.abort();
    return;
  }
  cleanUp();
  for (const each of SIGNALS) process.off(each, onSignal);
  process.kill(process.pid, name);
}

function cleanUp(): void {
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
}
