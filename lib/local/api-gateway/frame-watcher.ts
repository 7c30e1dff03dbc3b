// RFC 6455 section 5.2: two bytes, up to eight of length, four of mask.
const MAX_HEADER = 14;

interface FrameWatcher {
  /** Reads the next chunk. A chunk may end inside a frame or a header. */
  read(chunk: Buffer): void;
  /** How many messages were complete before the first frame that is too large; `Infinity` if there is none. */
  readonly messagesBeforeOversized: number;
}

/**
 * Finds frames above a size limit in the bytes of a client. `ws` limits only whole messages; API Gateway also limits each
 * frame.
 */
export function createFrameWatcher(maxFrameBytes: number, onOversized: () => void): FrameWatcher {
  const header = Buffer.alloc(MAX_HEADER);
  let headerBytes = 0;
  let payloadBytesLeft = 0;
  let messages = 0;
  let messagesBeforeOversized = Number.POSITIVE_INFINITY;

  const endOfHeader = () => {
    headerBytes = 0;
    payloadBytesLeft = payloadLength(header);
    if (!isData(header)) return;
    if (payloadBytesLeft > maxFrameBytes) {
      messagesBeforeOversized = messages;
      onOversized();
    } else if (isFinal(header)) messages += 1;
  };

  return {
    get messagesBeforeOversized() {
      return messagesBeforeOversized;
    },
    read(chunk) {
      let offset = 0;
      while (offset < chunk.length && messages < messagesBeforeOversized) {
        const skipped = Math.min(payloadBytesLeft, chunk.length - offset);
        payloadBytesLeft -= skipped;
        offset += skipped;
        if (offset === chunk.length) return;
        header[headerBytes] = chunk[offset] ?? 0;
        headerBytes += 1;
        offset += 1;
        if (headerBytes >= 2 && headerBytes === headerLength(header)) endOfHeader();
      }
    },
  };
}

function shortLength(header: Buffer): number {
  return header.readUInt8(1) & 0x7f;
}

function headerLength(header: Buffer): number {
  const length = shortLength(header);
  const isMasked = (header.readUInt8(1) & 0x80) !== 0;
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (isMasked ? 4 : 0);
}

function payloadLength(header: Buffer): number {
  const length = shortLength(header);
  if (length === 126) return header.readUInt16BE(2);
  return length === 127 ? Number(header.readBigUInt64BE(2)) : length;
}

/** Control frames have opcodes from 8 up. */
function isData(header: Buffer): boolean {
  return (header.readUInt8(0) & 0x0f) < 8;
}

function isFinal(header: Buffer): boolean {
  return (header.readUInt8(0) & 0x80) !== 0;
}
