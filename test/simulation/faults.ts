/** How often each fault happens: as a share of the calls, events or connections. */
export interface Faults {
  /** Of the calls to a port: the function crashes before the call is sent, or before it is answered. */
  crash: number;
  /** Of the calls to DynamoDB and SQS: refused until the SDK gives up. */
  throttle: number;
  /** Of the events: before the event DynamoDB begins to refuse every call, for minutes. */
  outage: number;
  /** Of the calls to DynamoDB and SQS: the call is done, its answer is lost, and the SDK repeats it. */
  lostAnswer: number;
  /** Of the posts: 429, 5xx (done or not), cut off (not done, done, or done much later). */
  postThrottled: number;
  postUnavailable: number;
  postTimedOut: number;
  /** Of the posts: sent twice, as on a connection that was idle. The first copy arrives after the second, or never. */
  postRepeated: number;
  /** Of the events: before the event the cursor of its room is lost. */
  cursorLoss: number;
  /** Of the events: EventBridge delivers them twice, or late. */
  duplicate: number;
  late: number;
  /** How often a client disconnects a minute; in which share of these there is no `$disconnect`, and it stays away for long. */
  disconnectsPerMinute: number;
  silentDisconnect: number;
  longAway: number;
  /** How long a call takes one way, at most, in milliseconds. */
  latency: number;
  /** Of the calls: slow, or slower than the visibility time-out of the message. */
  slow: number;
  frozen: number;
  /** Of the posts: with the post the client stops reading for seconds, and API Gateway answers 429. */
  slowReader: number;
}

export const NO_FAULTS: Faults = {
  crash: 0,
  throttle: 0,
  outage: 0,
  lostAnswer: 0,
  postThrottled: 0,
  postUnavailable: 0,
  postTimedOut: 0,
  postRepeated: 0,
  cursorLoss: 0,
  duplicate: 0,
  late: 0,
  disconnectsPerMinute: 0,
  silentDisconnect: 0.5,
  longAway: 0,
  latency: 8,
  slow: 0,
  frozen: 0,
  slowReader: 0,
};

const WORST: Faults = {
  crash: 0.01,
  throttle: 0.02,
  outage: 0.02,
  lostAnswer: 0.05,
  postThrottled: 0.15,
  postUnavailable: 0.1,
  postTimedOut: 0.05,
  postRepeated: 0.05,
  cursorLoss: 0.05,
  duplicate: 0.3,
  late: 0.3,
  disconnectsPerMinute: 15,
  silentDisconnect: 0.5,
  longAway: 0.2,
  latency: 300,
  slow: 0.1,
  frozen: 0.003,
  slowReader: 0.05,
};

/** The faults of a seed. Each fault is absent in half of the seeds, so that rare faults are also seen alone. */
export function faultsOf(random: () => number): Faults {
  const entries = Object.entries(WORST).map(([name, worst]) => {
    const [isThere, share] = [random() < 0.5, random()];
    return [name, isThere ? worst * share : NO_FAULTS[name as keyof Faults]];
  });
  return Object.fromEntries(entries) as unknown as Faults;
}
