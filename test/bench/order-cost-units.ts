import { randomUUID } from 'node:crypto';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import { postsPerSecond } from '../../lib/config/read-settings.ts';
import { postingProcess } from '../../lib/core/broadcast/broadcast-slice.ts';
import { storeDeps } from '../../lib/lambda/adapters.ts';
import { directStream } from '../support/direct-stream.ts';
import { failOnError, handlersOver } from '../support/handlers.ts';
import { recordingGateway } from '../support/recording-gateway.ts';
import { type BenchTable, type Consumed, startBenchTable } from './bench-table.ts';
import { directBroadcast } from './direct-broadcast.ts';
import { type CostedType, detailOf, type Path, ROOM } from './order-cost-event.ts';
import { connectionIds, putMembers } from './room-rows.ts';

export interface TableCosts {
  /** What one event costs at the table, after the same event before. */
  costOf(path: Path, type: CostedType): Promise<Consumed>;
  close(): Promise<void>;
}

/** The project's handlers on a table that tells what calls cost; the emulator's answers go to functions, which do not ask. */
export async function startTableCosts(members: number): Promise<TableCosts> {
  const table = await startBenchTable();
  const stream = directStream();
  const deps = { ...storeDeps(table.client, LOCAL_NAME), gateway: recordingGateway() };
  await putMembers(deps.store, ROOM, connectionIds(members));
  const handlers = handlersOver({
    ...deps,
    ...stream.ports,
    verifyToken: () => Promise.reject(new Error('Nobody authenticates')),
  });
  const directDeps = {
    ...deps,
    ...postingProcess(deps),
    postsPerSecond: postsPerSecond(),
    invokeWorker: async () => ({ outcome: 'not_run' as const, error: new Error('There is one function') }),
    log: failOnError,
  };
  const publish: Record<Path, (type: CostedType) => Promise<void>> = {
    ordered: (type) => stream.publish(handlers, eventOf(type)),
    direct: (type) => directBroadcast(directDeps, eventOf(type)),
  };
  return {
    async costOf(path, type) {
      await publish[path](type);
      return costOf(table, () => publish[path](type));
    },
    close: table.close,
  };
}

function eventOf(type: CostedType) {
  return { id: randomUUID(), 'detail-type': type, detail: detailOf(type) };
}

async function costOf(table: BenchTable, act: () => Promise<void>): Promise<Consumed> {
  const before = table.consumed();
  await act();
  const after = table.consumed();
  const calls = Object.entries(after.calls).map(([name, count]) => [name, count - (before.calls[name] ?? 0)]);
  return {
    calls: Object.fromEntries(calls.filter(([, count]) => count !== 0)),
    readUnits: after.readUnits - before.readUnits,
    writeUnits: after.writeUnits - before.writeUnits,
  };
}
