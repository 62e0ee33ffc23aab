// Response streaming: awslambda.streamifyResponse, and the stream that its handlers write to.
import { Writable } from 'stream';
import { HIGH_WATER_MARK, STREAMING } from './handler.mjs';
import { InvalidStreamingOperation } from './errors.mjs';

const PRELUDE_TYPE = 'application/vnd.awslambda.http-integration-response';
/// Between the prelude and what follows.
const PRELUDE_END = Buffer.alloc(8);

function toBytes(chunk) {
  if (typeof chunk === 'string' || Buffer.isBuffer(chunk)) return Buffer.from(chunk);
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return Buffer.from(JSON.stringify(chunk));
}

export class ResponseStream extends Writable {
  constructor(channel, id, highWaterMark) {
    super({ highWaterMark, decodeStrings: false });
    this.channel = channel;
    this.id = id;
    this.contentType = 'application/octet-stream';
    this.prelude = null;
    this.response = null;
    this.answered = null;
  }

  setContentType(contentType) {
    if (this.response) throw new InvalidStreamingOperation('Cannot set content-type, too late.');
    this.contentType = contentType;
  }

  write(chunk, encoding, written) {
    if (typeof encoding === 'string') return super.write(Buffer.from(String(chunk), encoding), written);
    return super.write(toBytes(chunk), encoding);
  }

  end(chunk, encoding, ended) {
    if (chunk === undefined || chunk === null || typeof chunk === 'function') return super.end(chunk);
    if (typeof encoding === 'string') return super.end(Buffer.from(String(chunk), encoding), ended);
    return super.end(toBytes(chunk), encoding);
  }

  begin() {
    if (this.response) return;
    this.response = this.channel.stream(this.id, this.contentType);
    if (this.prelude === null) return;
    this.response.write(Buffer.from(this.prelude), () => {});
    this.response.write(PRELUDE_END, () => {});
  }

  _write(chunk, encoding, written) {
    this.begin();
    this.response.write(toBytes(chunk), () => written());
  }

  _final(ended) {
    this.begin();
    this.answered = this.response.end({});
    this.answered.then(() => ended(), ended);
  }

  /// Ends what has begun with an error; false when nothing has been sent yet.
  async breakOff(document) {
    if (!this.response) return false;
    if (!this.answered) {
      this.answered = this.response.end({
        'Lambda-Runtime-Function-Error-Type': document.errorType,
        'Lambda-Runtime-Function-Error-Body': Buffer.from(JSON.stringify(document)).toString('base64'),
      });
    }
    await this.answered;
    return true;
  }
}

export function installGlobal() {
  globalThis.awslambda = {
    streamifyResponse(handler, options) {
      handler[STREAMING] = 'response';
      if (options && typeof options.highWaterMark === 'number') {
        handler[HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
      }
      return handler;
    },
    HttpResponseStream: {
      from(stream, prelude) {
        stream.setContentType(PRELUDE_TYPE);
        stream.prelude = JSON.stringify(prelude);
        return stream;
      },
    },
  };
}
