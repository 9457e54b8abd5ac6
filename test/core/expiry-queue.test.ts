/** The queue returns ids in order of their times, whatever changes meanwhile. */
import { expect, test } from "vitest";
import { ExpiryQueue } from "../../src/core/expiry-queue.ts";

/** Takes all ids out, in order. */
function drain(queue: ExpiryQueue): string[] {
  const ids: string[] = [];
  for (let first = queue.first(); first; first = queue.first()) {
    ids.push(first.id);
    queue.delete(first.id);
  }
  return ids;
}

test("returns ids in order of their times, and those of one time in order of ids", () => {
  const queue = new ExpiryQueue();
  for (const [id, atMs] of [
    ["d", 30],
    ["c", 10],
    ["a", 20],
    ["e", 10],
    ["b", 10],
  ] as const)
    queue.set(id, atMs);
  expect(queue.first()).toEqual({ id: "b", atMs: 10 });
  expect(drain(queue)).toEqual(["b", "c", "e", "a", "d"]);
});

test("an id whose time changes, sooner or later, is returned at the new time only", () => {
  const queue = new ExpiryQueue();
  for (const [id, atMs] of [
    ["a", 10],
    ["b", 20],
    ["c", 30],
    ["a", 25],
    ["c", 5],
    ["c", 5],
  ] as const)
    queue.set(id, atMs);
  expect(drain(queue)).toEqual(["c", "b", "a"]);
});

test("a removed id is not returned, and can be added again with another time", () => {
  const queue = new ExpiryQueue();
  queue.set("a", 10);
  queue.set("b", 20);
  queue.delete("a");
  expect(queue.first()).toEqual({ id: "b", atMs: 20 });
  queue.set("a", 30);
  expect(drain(queue)).toEqual(["b", "a"]);
  queue.set("a", 1);
  queue.clear();
  expect(queue.first()).toBeUndefined();
});

test("stays small however many ids are removed early or get a later time", () => {
  const queue = new ExpiryQueue();
  for (let i = 0; i < 10; i += 1) queue.set(`lasting ${i}`, 2_000_000);
  for (let i = 0; i < 100_000; i += 1) {
    queue.set(`${i}`, 1_000_000 + i);
    queue.delete(`${i}`);
    queue.set("lasting 5", 3_000_000 + i);
  }
  expect(queue.length).toBeLessThanOrEqual(1044);
  expect(queue.first()).toEqual({ id: "lasting 0", atMs: 2_000_000 });
  expect(drain(queue)).toHaveLength(10);
});

test("removes all that are due, a few as well as thousands, in the same order", () => {
  for (const count of [10, 2000]) {
    const queue = new ExpiryQueue();
    const ids = Array.from({ length: count }, (_, i) => `${i}`.padStart(5, "0"));
    for (const id of ids.toReversed()) queue.set(id, 100 + Math.floor(Number(id) / 2));
    queue.set("later", 10_000);
    queue.set("00000", 99);
    queue.set("00001", 10_001);
    expect(queue.takeUpTo(9999)).toEqual(ids.toSpliced(1, 1));
    expect(queue.takeUpTo(9999)).toEqual([]);
    expect(drain(queue)).toEqual(["later", "00001"]);
  }
});
