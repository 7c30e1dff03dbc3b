import { it } from 'vitest';
import { stageOf } from '../support/stage.ts';
import { describeStage } from './stage-suite.ts';

const stage = stageOf(process.env);

if (stage === undefined) {
  it.skip('a deployed stage: set TRADE_ROOM_URL, TRADE_ROOM_BUS and TRADE_ROOM_TOKEN to test one');
} else {
  describeStage('the deployed stage', () => stage);
}
