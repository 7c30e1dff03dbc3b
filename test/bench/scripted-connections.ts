/** What a connection answers to a call: this status after so long. */
export interface Reply {
  status: number | 'never';
  afterMs: number;
}

/** By connection id: the replies to its first call, its second …; the last one to all that follow. */
export type Scripts = Readonly<Record<string, readonly [Reply, ...Reply[]]>>;

/** By connection id: when a frame was delivered to it, each time, epoch milliseconds. */
export type Deliveries = Record<string, number[]>;

/** Connections that do as their script says; those without one take everything at once. */
export function scriptedConnections(scripts: Scripts) {
  const calls = new Map<string, number>();
  const deliveries: Deliveries = {};
  return {
    deliveries,
    call(connectionId: string, respond: (status: number) => void): void {
      const made = calls.get(connectionId) ?? 0;
      calls.set(connectionId, made + 1);
      const script = scripts[connectionId];
      const { status, afterMs } = script?.[made] ?? script?.at(-1) ?? { status: 200, afterMs: 0 };
      if (status === 'never') return;
      const end = () => {
        if (status === 200) {
          deliveries[connectionId] ??= [];
          deliveries[connectionId].push(Date.now());
        }
        respond(status);
      };
      if (afterMs > 0) setTimeout(end, afterMs);
      else end();
    },
  };
}
