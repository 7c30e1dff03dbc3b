import type { WebSocketClass, WebSocketLike } from '../../lib/client/web-socket.ts';

/** A message that the client has sent. */
export interface SentMessage {
  type: string;
  data: Record<string, unknown>;
  id: number;
}

/** The server's side of one connection of the client: a test says what it does, and when. */
export interface ScriptedSocket {
  /** Everything that the client has sent, parsed. */
  sent: SentMessage[];
  /** The last message of this type; throws where there is none. */
  last(type: string): SentMessage;
  open(): void;
  /** Sends a string as it is, anything else as JSON. */
  send(frame: unknown): void;
  /** Answers the last message of this type, with its id. */
  answer(requestType: string, type: string, data?: object): void;
  close(code: number): void;
  /** The connection fails; Node 22 says no more of one that could not be made. */
  fail(error?: Error): void;
  /** Whether the client has closed it. */
  readonly isClosed: boolean;
}

/** A WebSocket class whose connections go nowhere but to the test, in the order in which they were made. */
export function scriptedWebSocket(): { WebSocket: WebSocketClass; sockets: ScriptedSocket[] } {
  const sockets: ScriptedSocket[] = [];
  class Scripted implements WebSocketLike {
    onopen: ((event: never) => void) | null = null;
    onmessage: ((event: never) => void) | null = null;
    onclose: ((event: never) => void) | null = null;
    onerror: ((event: never) => void) | null = null;
    readyState = 0;
    readonly #sent: SentMessage[] = [];

    constructor() {
      sockets.push(this.#script());
    }

    send(text: string): void {
      if (this.readyState === 0) throw new Error('InvalidStateError: not open yet');
      this.#sent.push(JSON.parse(text));
    }

    close(): void {
      this.readyState = 3;
    }

    #script(): ScriptedSocket {
      const sent = this.#sent;
      const isClosed = () => this.readyState === 3;
      const send = (frame: unknown) =>
        this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) } as never);
      const last = (type: string) => {
        const message = sent.findLast((candidate) => candidate.type === type);
        if (message === undefined) throw new Error(`No ${type} was sent: ${JSON.stringify(sent)}`);
        return message;
      };
      return {
        sent,
        last,
        send,
        open: () => {
          this.readyState = 1;
          this.onopen?.({} as never);
        },
        answer: (requestType, type, data = {}) => send({ type, data, id: last(requestType).id }),
        close: (code) => {
          this.readyState = 3;
          this.onclose?.({ code } as never);
        },
        fail: (error) => this.onerror?.({ error } as never),
        get isClosed() {
          return isClosed();
        },
      };
    }
  }
  return { WebSocket: Scripted, sockets };
}
