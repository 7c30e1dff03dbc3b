/** `Source` of events that the sample broadcaster gets, and ours does not. */
export const SAMPLE_SOURCE = 'sample';
