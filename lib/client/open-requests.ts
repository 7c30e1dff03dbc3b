import type { ServerFrame } from './frames.ts';

export interface OpenRequest {
  onAnswer: (answer: ServerFrame) => void;
  cancelTimeout: () => void;
}

/** The requests of one connection that wait for their answers. */
export interface OpenRequests {
  open(id: number, request: OpenRequest): void;
  /** Gives a frame to the request that it answers; false where it answers none. */
  answer(frame: ServerFrame): boolean;
  /** Fails one request that has been sent so far; API Gateway says that one has failed, and not which. */
  fail(failure: ServerFrame): void;
  /** Nothing more is awaited. */
  cancel(): void;
}

/**
 * A failure is laid to a request by elimination. API Gateway answers every message once, by what its function returned
 * or by a failure, and serves the messages of a connection at the same time: a lone request has failed at once, one of
 * several as soon as there are no more without an answer than there were failures. A guess could leave the one that
 * failed waiting until its time is up, and to fail all of them would have many rooms subscribed to again because of one,
 * at the very moment at which API Gateway throttles. Where a function failed behind its work, the answer may come all
 * the same, and another request is taken for the one that failed: it is made again, which changes nothing.
 */
export function createOpenRequests(): OpenRequests {
  const requests = new Map<unknown, OpenRequest>();
  /** Their functions have not answered. */
  const unanswered = new Set<unknown>();
  /** Of these as many as `failures` have failed. */
  const suspects = new Set<unknown>();
  let failures: ServerFrame[] = [];

  function close(id: unknown, frame: ServerFrame): boolean {
    const request = requests.get(id);
    if (request === undefined) return false;
    requests.delete(id);
    unanswered.delete(id);
    request.cancelTimeout();
    request.onAnswer(frame);
    return true;
  }

  function eliminate(): void {
    if (suspects.size > failures.length) return;
    const failed = [...suspects];
    const [failure] = failures;
    suspects.clear();
    failures = [];
    if (failure !== undefined) for (const id of failed) close(id, failure);
  }

  return {
    open(id, request) {
      requests.set(id, request);
      unanswered.add(id);
    },
    answer(frame) {
      unanswered.delete(frame.id);
      const wasSuspect = suspects.delete(frame.id);
      // The last word about a pending subscribe comes later, from another function.
      const isAnswered = frame.type !== 'subscribe_pending' && close(frame.id, frame);
      if (wasSuspect) eliminate();
      return isAnswered;
    },
    fail(failure) {
      for (const id of unanswered) suspects.add(id);
      failures.push(failure);
      eliminate();
    },
    cancel() {
      for (const { cancelTimeout } of requests.values()) cancelTimeout();
      requests.clear();
    },
  };
}
