/** Prints on stderr what is going on, with the seconds since the start. */

const startMs = performance.now();

export function progress(text: string): void {
  const seconds = Math.round((performance.now() - startMs) / 1000);
  console.error(`${String(seconds).padStart(4)} s  ${text}`);
}
