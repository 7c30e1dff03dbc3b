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
  /** Records that one of the requests sent so far failed; API Gateway does not say which. */
  fail(failure: ServerFrame): void;
  /** Nothing more is awaited. */
  cancel(): void;
}

/**
 * A failure is attributed to a request by elimination. API Gateway answers each message once, with what its function
 * returned or with a failure, and serves the messages of a connection in parallel. So a single open request has failed
 * at once; of several, those have failed that are left when no more are unanswered than there were failures. A guess
 * could leave the failed request waiting for its timeout; failing all of them would repeat many subscribes because of
 * one, while API Gateway throttles. If a function fails after it has posted its answer, the failure may be attributed
 * to another request, which is then repeated; that is harmless.
 */
export function createOpenRequests(): OpenRequests {
  const requests = new Map<unknown, OpenRequest>();
  /** Requests whose functions have not answered. */
  const unanswered = new Set<unknown>();
  /** As many of these as `failures` has entries have failed. */
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
      // The answer to a pending subscribe comes later, from another function.
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
