// One invocation: what the handler is given, and what counts as its end. Up to nodejs22 a handler may end by
// its callback, by its context, by its promise, or by leaving nothing to do; from nodejs24 on it is awaited.
import { document, JSONStringifyError, NodeJsExit, PlatformError, shown } from './errors.mjs';
import { logError } from './log.mjs';
import { ResponseStream } from './stream.mjs';

const NEVER_SETTLED =
    'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a ' +
    'Promise that was never settled. For more information, see ' +
    'https://nodejs.org/docs/latest/api/process.html#exit-codes';

let whenIdle = null;
/// Called once when the event loop is empty; replaces what was to be.
export function onIdle(action) {
  whenIdle = action;
}
process.on('beforeExit', () => {
  const action = whenIdle;
  whenIdle = null;
  if (action) action();
});

function parseHeader(text, name) {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`);
  }
}

/// Adds to context what the Runtime API and the environment say.
function describe(context, headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  Object.assign(context, {
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parseHeader(headers['lambda-runtime-client-context'], 'ClientContext'),
    identity: parseHeader(headers['lambda-runtime-cognito-identity'], 'CognitoIdentity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    getRemainingTimeInMillis() {
      return deadline - Date.now();
    },
  });
  if (context.tenantId === undefined) delete context.tenantId;
  return context;
}

export class Invocation {
  constructor(channel, request) {
    this.channel = channel;
    this.headers = request.headers;
    this.id = request.headers['lambda-runtime-aws-request-id'];
    this.body = request.body;
    this.completed = false;
    this.ended = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /// Posts, once; ended follows.
  finish(posting) {
    this.completed = true;
    posting.then(this.resolve, this.reject);
  }

  fail(error) {
    if (this.completed) return;
    onIdle(null);
    logError('Invoke Error', shown(error));
    this.finish(this.channel.failInvocation(this.id, document(error)));
  }

  succeed(value) {
    if (this.completed) return;
    let text;
    try {
      text = JSON.stringify(value === undefined ? null : value);
    } catch (error) {
      throw new Error('Unable to stringify response body');
    }
    onIdle(null);
    this.finish(this.channel.respond(this.id, text === undefined ? 'null' : text));
  }

  /// What callbacks and context.done say: only the first counts.
  settled() {
    const first = !this.said;
    this.said = true;
    return first && !this.completed;
  }

  legacyContext() {
    let waits = true;
    const done = (error, value) => {
      if (!this.settled()) return;
      if (error !== undefined && error !== null) this.fail(error);
      else this.succeed(value);
    };
    this.callback = (error, value) => {
      if (error === undefined || error === null) {
        if (!waits) return done(null, value);
        if (this.settled()) onIdle(() => this.succeed(value));
        return undefined;
      }
      return done(error);
    };
    return {
      get callbackWaitsForEmptyEventLoop() {
        return waits;
      },
      set callbackWaitsForEmptyEventLoop(value) {
        waits = value;
      },
      succeed: (value) => done(null, value),
      fail: (error) => done(error === undefined || error === null ? 'handled' : error),
      done,
    };
  }

  /// Up to nodejs22.
  run(handler, about) {
    onIdle(() => {
      if (about.isAsync) this.fail(new NodeJsExit(NEVER_SETTLED));
      else this.succeed(null);
    });
    const context = this.legacyContext();
    try {
      const result = handler(JSON.parse(this.body), describe(context, this.headers), this.callback);
      if (result && typeof result.then === 'function') {
        result.then(context.succeed, context.fail).catch((error) => this.fail(error));
      }
    } catch (error) {
      this.said = true;
      this.fail(error);
    }
    return this.ended;
  }

  /// From nodejs24 on.
  context24() {
    for (const name of ['lambda-runtime-invoked-function-arn', 'lambda-runtime-aws-request-id',
                        'lambda-runtime-deadline-ms']) {
      if (this.headers[name] === undefined) throw new PlatformError(`Missing required header: ${name}`);
    }
    const context = describe({}, this.headers);
    const traceId = this.headers['lambda-runtime-trace-id'];
    if (traceId !== undefined) context.xRayTraceId = traceId;
    return context;
  }

  async run24(handler) {
    try {
      const value = await handler(JSON.parse(this.body), this.context24());
      try {
        this.text = JSON.stringify(value === undefined ? null : value);
      } catch (error) {
        throw new JSONStringifyError('Unable to stringify response body');
      }
      this.finish(this.channel.respond(this.id, this.text === undefined ? 'null' : this.text));
    } catch (error) {
      this.fail(error);
    }
    return this.ended;
  }

  async runStreaming(handler, about, dialect) {
    const stream = new ResponseStream(this.channel, this.id, about.highWaterMark);
    let broken = null;
    stream.on('error', (error) => {
      broken = broken || error;
    });
    try {
      const context = dialect === 'nodejs24' ? this.context24()
          : describe(this.legacyContext(), this.headers);
      const result = handler(JSON.parse(this.body), stream, context);
      if (!result || typeof result.then !== 'function') {
        throw new Error('Streaming does not support non-async handlers.');
      }
      const value = await result;
      if (!stream.writableEnded) throw new Error('Response stream is not finished.');
      if (value !== undefined) console.warn('Streaming handlers ignore return values.');
      if (!stream.writableFinished && !broken) {
        await new Promise((resolve) => stream.once('finish', resolve).once('error', resolve));
      }
      if (broken) throw broken;
      this.completed = true;
    } catch (error) {
      logError('Invoke Error', shown(error));
      this.completed = true;
      if (!await stream.breakOff(document(error))) {
        await this.channel.failInvocation(this.id, document(error));
      }
    }
  }
}
