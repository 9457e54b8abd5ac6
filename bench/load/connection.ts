/** HTTP at a lower cost per request than the servers that are measured. */
import { connect, type Socket } from "node:net";

export interface Response {
  readonly status: number;
  readonly body: Buffer;
}

interface Waiting {
  readonly resolve: (response: Response) => void;
  readonly reject: (error: Error) => void;
}

const HEAD_END = "\r\n\r\n";
const NOTHING = Buffer.alloc(0);

/**
 * A keep-alive HTTP/1.1 connection with one request in flight at a time.
 *
 * It reads what the measured servers send: a head, then as many bytes as its Content-Length says. A full client
 * costs as much per request as the Worker under test does (undici three times what this does), and the generator
 * must not be what is measured.
 */
export class Connection {
  readonly #socket: Socket;
  #received: Buffer = NOTHING;
  #waiting: Waiting | undefined;

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new Connection(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  /** Sends a whole request, head and body, and waits for its answer. */
  send(request: string | Buffer): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request, "latin1");
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    try {
      const response = parseResponse(this.#received);
      if (!response) return;
      this.#received = NOTHING;
      this.#waiting?.resolve(response);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
  }
}

/** Takes an answer apart; undefined while it is not complete. */
function parseResponse(bytes: Buffer): Response | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = bytes.toString("latin1", 0, headEnd);
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  if (length === undefined) throw new Error(`an answer without a Content-Length:\n${head}`);
  const start = headEnd + HEAD_END.length;
  const end = start + Number(length);
  if (bytes.length < end) return undefined;
  return { status: Number(head.slice(9, 12)), body: bytes.subarray(start, end) };
}
