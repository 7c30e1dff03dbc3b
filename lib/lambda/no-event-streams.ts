/**
 * Replaces `@smithy/core/event-streams` in the bundles (`lib/stack/function-code.ts`): the SDK clients import event
 * streams, but no function uses them.
 */
export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;

export const eventStreamSerdeProvider = (): never => {
  throw new Error('the bundles have no event streams: remove the alias in lib/stack/function-code.ts');
};

export class EventStreamSerde {
  constructor() {
    eventStreamSerdeProvider();
  }
}
