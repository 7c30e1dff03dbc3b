/**
 * What the bundles have in place of `@smithy/core/event-streams` (`lib/stack/lambda-bundle.ts`): no function uses event
 * streams, but the SDK clients import them.
 */
export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;

export const eventStreamSerdeProvider = (): never => {
  throw new Error('the bundles have no event streams: remove the alias in lib/stack/lambda-bundle.ts');
};

export class EventStreamSerde {
  constructor() {
    eventStreamSerdeProvider();
  }
}
