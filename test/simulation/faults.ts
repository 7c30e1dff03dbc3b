/** How often what goes wrong: the share of the calls, events or connections that it befalls. */
export interface Faults {
  /** Of the calls of a function to a port: it dies there, before the call is sent or before it is answered. */
  crash: number;
  /** Of the calls to DynamoDB and SQS: refused, again and again, until the SDK gives up. */
  throttle: number;
  /** Of the events: before it, DynamoDB begins to refuse every call, for minutes. */
  outage: number;
  /** Of the calls to DynamoDB and SQS: done, but the answer is lost, and the SDK does it again. */
  lostAnswer: number;
  /** Of the posts: 429, 5xx (done or not), cut off (not done, done, or done much later). */
  postThrottled: number;
  postUnavailable: number;
  postTimedOut: number;
  /** Of the posts: sent twice, as the connection was idle before; the first copy lands behind the second, or never. */
  postRepeated: number;
  /** Of the events: the cursor of their room is lost before it. */
  cursorLoss: number;
  /** Of the events: EventBridge hands them over twice, or late. */
  duplicate: number;
  late: number;
  /** How often a client goes away, a minute; of the times that it does, API Gateway does not tell, or it stays away. */
  disconnectsPerMinute: number;
  silentDisconnect: number;
  longAway: number;
  /** How long a call takes one way, at most, in milliseconds. */
  latency: number;
  /** Of the calls: slow, or so slow that the function outlives the time in which its message is invisible. */
  slow: number;
  frozen: number;
  /** Of the posts: with it the client stops reading for seconds, and API Gateway answers 429 for its full buffer. */
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

/** Every seed has its own mixture: each fault is absent in half of them, so that rare ones are seen alone, too. */
export function faultsOf(random: () => number): Faults {
  const entries = Object.entries(WORST).map(([name, worst]) => {
    const [isThere, share] = [random() < 0.5, random()];
    return [name, isThere ? worst * share : NO_FAULTS[name as keyof Faults]];
  });
  return Object.fromEntries(entries) as unknown as Faults;
}
