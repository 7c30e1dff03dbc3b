import { dynamoDbStore } from '../../lib/store/dynamodb-store.ts';
import { availableEngines } from '../support/dynamodb-engines.ts';
import { describeMemberships } from './membership-suite.ts';
import { describeStore } from './store-suite.ts';

for (const [name, start] of Object.entries(availableEngines())) {
  const startStore = async (clock: () => number) => {
    const { client, tableName, stop } = await start();
    // A small page, so that a handful of members already takes several.
    return { store: dynamoDbStore({ client, tableName, clock, pageSize: 10 }), stop };
  };
  describeStore(name, startStore);
  describeMemberships(name, startStore);
}
