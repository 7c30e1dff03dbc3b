import type { Agent, ClientRequest } from 'node:http';
import type { Clock } from '../core/ports.ts';

/**
 * A socket that was idle for longer is not used again. Lambda freezes a function between its invocations, for minutes;
 * what the other side sends meanwhile, its FIN included, is lost, and the socket looks as good as ever.
 */
const LONGEST_IDLE_MS = 30_000;
/**
 * A socket that was idle for so long may have been closed without a word. One that was answered over less than that ago
 * is alive: if it is not answered over, API Gateway is slow.
 */
const IN_DOUBT_AFTER_MS = 1_000;

/**
 * The sockets that an agent keeps, by how long they have been idle. Not by the agent's `timeout`, nor by a package that
 * sets timers on idle sockets: a frozen function runs no timers, and behind a freeze an event may come before they do.
 */
export interface KeptSockets {
  /** Closes what was idle for too long. To be called before each request. */
  closeStale(): void;
  /** Closes what has been idle since this time or longer: a freeze that broke one of them has broken all. */
  closeIdleSince(time: number): void;
}

/**
 * Watches the sockets of an agent. `onReuse` is told, in the moment in which a request gets it, of a socket that may have
 * been closed without a word.
 */
export function keptSockets(
  agent: Agent,
  clock: Clock,
  onReuse: (request: ClientRequest) => void = () => undefined,
): KeptSockets {
  const idleSince = new WeakMap<object, number>();
  const idleMs = (socket: object, now: number) => now - (idleSince.get(socket) ?? now);
  // The hooks that Node offers for this: https://nodejs.org/api/http.html#agentkeepsocketalivesocket
  const keep = agent.keepSocketAlive.bind(agent);
  const reuse = agent.reuseSocket.bind(agent);
  agent.keepSocketAlive = (socket) => {
    idleSince.set(socket, clock());
    return keep(socket);
  };
  agent.reuseSocket = (socket, request) => {
    if (idleMs(socket, clock()) >= IN_DOUBT_AFTER_MS) onReuse(request);
    reuse(socket, request);
  };

  function closeIdleSince(time: number): void {
    // Before each of thousands of posts: no list is made of what is nearly always none.
    for (const host in agent.freeSockets) {
      for (const socket of agent.freeSockets[host] ?? []) {
        // In the order in which they became idle.
        if ((idleSince.get(socket) ?? time) > time) break;
        socket.destroy();
      }
    }
  }

  return {
    closeStale: () => closeIdleSince(clock() - LONGEST_IDLE_MS - 1),
    closeIdleSince,
  };
}
