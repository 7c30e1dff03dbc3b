/** In a page, which has no Node. */
const page = `
import { createTradeRoomClient, type TradeRoomClient, TradeRoomError } from 'trade-room-realtime/client';
import { type ErrorCode, errorCodes, type RoomEventData } from 'trade-room-realtime/protocol';
import { useRoom } from 'trade-room-realtime/react';

export const client: TradeRoomClient = createTradeRoomClient({ url: 'wss://a', getToken: () => 't' });
client.room(42).on('order_executed', (order, { seq }) => {
  const data: RoomEventData<'order_executed'> = order;
  const symbol: string | null | undefined = data.symbol;
  return [symbol, seq];
});
// @ts-expect-error There is no such event.
client.room(42).on('order_exected', () => undefined);
// @ts-expect-error A symbol is no number.
client.room(42).on('order_executed', (order) => order.symbol * 2);

export const state: 'unsubscribed' | 'subscribing' | 'subscribed' | 'refused' = useRoom(client, 42, {});
export const code: ErrorCode = 'internal';
export const closes: 'yes' | 'no' | 'if unknown' = errorCodes[code].closes;
export const isOurs = (error: unknown) => error instanceof TradeRoomError && error.code === 'timeout';
`;

/** In Node. */
const service = `
import { createPublisher, PublishError, type PublishReport } from 'trade-room-realtime/publisher';

const publisher = createPublisher({ bus: 'bus' });
export const report: Promise<PublishReport> = publisher.orderExecuted(42, { symbol: 'AAPL', price: 1 });
// @ts-expect-error A price is no object.
publisher.orderExecuted(42, { price: {} });
export const isOurs = (error: unknown) => error instanceof PublishError && error.code === 'too_large';
`;

const infrastructure = `
import { App, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { TradeRoomRealtime, type TradeRoomRealtimeProps } from 'trade-room-realtime/cdk';

const props: TradeRoomRealtimeProps = { tokens: { mode: 'jwks', issuer: 'https://i', audience: 'a' } };
const stack = new Stack(new App(), 'Theirs');
const realtime = new TradeRoomRealtime(stack, 'Realtime', props);
realtime.grantPublish(new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
// @ts-expect-error It must be said whose tokens open a connection.
new TradeRoomRealtime(stack, 'Open', {});
`;

/** Each in both module systems, by the name of its file. */
export const typedSources = {
  'page.mts': page,
  'page-common.cts': page,
  'service.mts': service,
  'service-common.cts': service,
  'infrastructure.mts': infrastructure,
  'infrastructure-common.cts': infrastructure,
};

const strict = { noEmit: true, strict: true, target: 'es2022' };
const ofPage = { ...strict, lib: ['es2022', 'dom'], types: [] };
const ofNode = { ...strict, lib: ['es2022'], types: ['node'] };
const byNode = { module: 'nodenext' };
const byBundler = { module: 'esnext', moduleResolution: 'bundler' };

/** How consumers compile; the names end a sentence. Where it is not checked, a library's declarations take seconds. */
export const projects = {
  'a page, and checks its declarations': {
    files: ['page.mts', 'page-common.cts'],
    compilerOptions: { ...ofPage, ...byNode, skipLibCheck: false },
  },
  'a page, as a bundler finds modules': {
    files: ['page.mts', 'page-common.cts'],
    compilerOptions: { ...ofPage, ...byBundler, skipLibCheck: true },
  },
  'a service, and checks its declarations': {
    files: ['service.mts', 'service-common.cts'],
    compilerOptions: { ...ofNode, ...byNode, skipLibCheck: false },
  },
  'a CDK app': {
    files: ['infrastructure.mts', 'infrastructure-common.cts'],
    compilerOptions: { ...ofNode, ...byNode, skipLibCheck: true },
  },
};

/**
 * As TypeScript before version 6 finds modules for `"module": "commonjs"`: by folders, without a look at `exports`. The
 * declarations for a CDK app are found in the same way; to compile one takes that version too long.
 */
export const olderProject = {
  files: ['page-common.cts', 'service-common.cts'],
  compilerOptions: { ...ofNode, lib: ['es2022', 'dom'], module: 'commonjs', skipLibCheck: false },
};
