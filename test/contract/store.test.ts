import { dynamoDbStore } from '../../lib/store/dynamodb-store.ts';
import { availableEngines } from '../support/dynamodb-engines.ts';
import { memoryStore } from '../support/memory-store.ts';
import { describeMemberships } from './membership-suite.ts';
import { describeRoomLog } from './room-log-suite.ts';
import { describeStore, type StoreUnderTest } from './store-suite.ts';

type StartStore = (clock: () => number) => Promise<StoreUnderTest>;

// A small page, so that a handful of members already takes several.
const pageSize = 10;

const stores: Record<string, StartStore> = {
  // What the simulation runs on.
  memory: async (clock) => ({ store: memoryStore({ clock, pageSize }), stop: async () => undefined }),
};
for (const [name, start] of Object.entries(availableEngines())) {
  stores[name] = async (clock) => {
    const { client, tableName, stop } = await start();
    return { store: dynamoDbStore({ client, tableName, clock, pageSize }), stop };
  };
}

for (const [name, start] of Object.entries(stores)) {
  describeStore(name, start);
  describeMemberships(name, start);
  describeRoomLog(name, start);
}
