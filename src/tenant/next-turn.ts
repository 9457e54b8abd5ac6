/** Lets the event loop take in what has arrived: a commit on a local disk gives it no turn by itself. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
