/** A Vitest reporter that prints how many tests passed, failed and were skipped. */
import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with the line `N passed, N failed, N skipped`. A file that could not be run counts as a failure. */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      count.failed += module.errors().length;
      for (const test of module.children.allTests()) count[test.result().state] += 1;
    }
    console.log(`${count.passed} passed, ${count.failed + count.pending} failed, ${count.skipped} skipped`);
  }
}
