const startMs = performance.now();

/** Tells on stderr what is going on, and how many seconds after the start. */
export function progress(text: string): void {
  const seconds = Math.round((performance.now() - startMs) / 1000);
  console.error(`${String(seconds).padStart(4)} s  ${text}`);
}
