/** The `name` of each error that the core throws by intention. It stays the same, so logs can be searched for it. */
export type CoreErrorName =
  /** Another writer has moved the cursor; this one must stop. */
  | 'CursorMoved'
  /** The cursor exists, because it could not be created, and cannot be read. */
  | 'CursorNotRead'
  /** A later message of the room has the number of the event. */
  | 'EventNumberTaken'
  /** A member that could be reached was not; the delivery is retried. */
  | 'DeliveryIncomplete'
  /** More members need a clean-up than one delivery remembers. */
  | 'TooManyDeferred'
  /** The row of a connection changed between every attempt. */
  | 'RowKeepsChanging'
  /** API Gateway did not close a connection; the deadline message is retried. */
  | 'ConnectionNotClosed';

/** An error whose `name` a caller or a log can rely on. */
export function coreError(name: CoreErrorName, message: string): Error {
  return Object.assign(new Error(message), { name });
}
