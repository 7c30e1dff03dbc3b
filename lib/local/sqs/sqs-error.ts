import { AwsError } from '../aws-json-service.ts';

/**
 * SQS names an error twice: `shape` in the body, and in a header the code of its old query protocol, by which
 * boto3 and older SDKs know it.
 */
export function sqsError(shape: string, message: string, queryCode = shape, statusCode = 400): AwsError {
  const type = shape.includes('#') ? shape : `com.amazonaws.sqs#${shape}`;
  return new AwsError(type, message, statusCode, { 'x-amzn-query-error': `${queryCode};Sender` });
}

/** An error of the batch operations, whose old codes have a prefix. */
export function batchError(shape: string, message: string): AwsError {
  return sqsError(shape, message, `AWS.SimpleQueueService.${shape}`);
}

export function queueDoesNotExist(): AwsError {
  const message = 'The specified queue does not exist.';
  return sqsError('QueueDoesNotExist', message, 'AWS.SimpleQueueService.NonExistentQueue');
}

export function invalidParameter(message: string): AwsError {
  return sqsError(
    'com.amazon.coral.service#InvalidParameterValueException',
    message,
    'InvalidParameterValue',
  );
}

/** Of a parameter that only the other kind of queue knows. */
export function notOfThisQueueType(name: string, value: string | number): AwsError {
  const reason = 'The request include parameter that is not valid for this queue type.';
  return invalidParameter(`Value ${value} for parameter ${name} is invalid. Reason: ${reason}`);
}

export function receiptExpired(receiptHandle: string): AwsError {
  const reason = 'The receipt handle has expired.';
  return invalidParameter(`Value ${receiptHandle} for parameter ReceiptHandle is invalid. Reason: ${reason}`);
}

export function requestThrottled(): AwsError {
  return sqsError('RequestThrottled', 'Rate exceeded');
}

export function missingParameter(name: string): AwsError {
  const shape = 'com.amazon.coral.service#MissingRequiredParameterException';
  return sqsError(shape, `The request must contain the parameter ${name}.`, 'MissingParameter');
}
