import { App } from 'aws-cdk-lib';
import { nameOfStage } from '../lib/config/table.ts';
import { readSettings } from '../lib/stack/settings.ts';
import { TradeRoomStack } from '../lib/stack/trade-room-stack.ts';

const app = new App();
try {
  const settings = readSettings(app.node);
  new TradeRoomStack(app, nameOfStage(settings.stage), settings);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
