/** `Source` of events that are posted as they come, without a stream. */
export const DIRECT_SOURCE = 'direct';
