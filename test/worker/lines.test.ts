/** A stream is split into lines, none of which may be too long. */
import { describe, expect, test } from "vitest";
import { MAX_BODY_BYTES } from "../../src/worker/json-body.ts";
import { linesOf } from "../../src/worker/lines.ts";

const utf8 = new TextEncoder();

/** A stream that arrives in these parts, and counts those that were taken from it. */
function streamOf(parts: Iterable<Uint8Array>) {
  const source = parts[Symbol.iterator]();
  const taken = { parts: 0 };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { value, done } = source.next();
        if (done) return controller.close();
        taken.parts += 1;
        controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, taken };
}

/** The lines of a stream, and the code that it was refused with after them. */
async function read(stream: ReadableStream<Uint8Array>): Promise<{ lines: string[]; refused?: string }> {
  const lines: string[] = [];
  try {
    for await (const arrived of linesOf(stream)) lines.push(...arrived);
  } catch (error) {
    return { lines, refused: (error as { code: string }).code };
  }
  return { lines };
}

const readText = (...parts: string[]) => read(streamOf(parts.map((part) => utf8.encode(part))).stream);

describe("a stream of lines", () => {
  test("is split at line ends, however it arrives, and its last line needs none", async () => {
    const lines = ['{"user_id": "zoë"}', '{"user_id": "佐藤"}', '{"user_id": "🙂"}'];
    for (const size of [1, 2, 3, 7, 1_000]) {
      const bytes = utf8.encode(lines.join("\n\n"));
      const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(await read(streamOf(parts).stream)).toEqual({ lines });
    }
  });

  test.each(["x", "é", "佐", "🙂"])(
    "has lines of as many bytes as a body, however many %s that is",
    async (character) => {
      const bytes = utf8.encode(character).length;
      const longest = character.repeat(Math.floor(MAX_BODY_BYTES / bytes)) + "x".repeat(MAX_BODY_BYTES % bytes);
      expect(utf8.encode(longest).length).toBe(MAX_BODY_BYTES);
      expect(await readText(`first\n${longest}`, "\nlast")).toEqual({ lines: ["first", longest, "last"] });
      expect(await readText(`first\n${longest}x`, "\nlast")).toEqual({ lines: ["first"], refused: "body_too_large" });
      expect(await readText("first\n", longest, "x\nlast")).toEqual({ lines: ["first"], refused: "body_too_large" });
    },
  );

  test("is refused once an unfinished line is too long", async () => {
    const kilobyte = utf8.encode("é".repeat(512));
    const { stream, taken } = streamOf(
      (function* () {
        for (;;) yield kilobyte;
      })(),
    );
    expect(await read(stream)).toEqual({ lines: [], refused: "body_too_large" });
    expect(taken.parts).toBe(MAX_BODY_BYTES / 1024 + 1);
  });

  test.each([
    ["in a line", [0x61, 0xff, 0x0a]],
    ["in a character that its end cuts off", [0x61, 0x0a, 0xe4, 0xbd]],
  ])("is refused if it is not UTF-8: %s", async (_, bytes) => {
    expect(await read(streamOf([new Uint8Array(bytes)]).stream)).toMatchObject({ refused: "invalid_json" });
  });
});
