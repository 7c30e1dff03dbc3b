/** `Source` of events that are posted as they come, without a lane. */
export const DIRECT_SOURCE = 'direct';
