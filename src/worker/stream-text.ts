/** Streams texts as they are made, and no faster than they are read. */
export function streamText(texts: AsyncIterable<string> | Iterable<string>): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  const iterator = Symbol.asyncIterator in texts ? texts[Symbol.asyncIterator]() : texts[Symbol.iterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(utf8.encode(next.value));
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
