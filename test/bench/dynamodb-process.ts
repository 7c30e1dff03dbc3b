import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import { table } from '../../lib/config/table.ts';
import { startDynamoDb } from '../../lib/local/dynamodb/dynamodb.ts';
import { systemTime } from '../../lib/local/time.ts';

const dynamoDb = await startDynamoDb({
  tables: [{ name: LOCAL_NAME, ...table }],
  time: systemTime,
  region: 'eu-west-1',
});
const server = createServer((request, response) => dynamoDb.handle(request, response, () => undefined));
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
