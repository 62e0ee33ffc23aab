// Tandem's client of the Lambda Runtime API for Node.js: what runs as /var/runtime/index.mjs. Node 14 and later.
import { Channel } from './channel.mjs';
import { document, shown, UnhandledPromiseRejection } from './errors.mjs';
import { describe, findHandler, missingSdk } from './handler.mjs';
import { Invocation } from './invocation.mjs';
import { logError, patchConsole, setRequestId, writeEvent } from './log.mjs';
import { installGlobal } from './stream.mjs';

/// What the region says of this runtime; nothing of it is the function's to see.
const own = JSON.parse(process.env._TANDEM_RUNTIME || '{}');
delete process.env._TANDEM_RUNTIME;
const modern = own.dialect === 'nodejs24';

const channel = new Channel(process.env.AWS_LAMBDA_RUNTIME_API);
let current = null;

/// To init/error before the first invocation, to the invocation's error afterwards.
function report(error) {
  const said = document(error);
  return current ? channel.failInvocation(current.id, said) : channel.failInit(said);
}

function dieOf(error, prefix, code) {
  logError(prefix, shown(error));
  const die = () => process.exit(code);
  report(error).then(die, die);
}

/// From nodejs24 on node's own ways apply.
function watchForFailures() {
  process.on('uncaughtException', (error) => dieOf(error, 'Uncaught Exception', 129));
  process.on('unhandledRejection', (reason, promise) => {
    dieOf(new UnhandledPromiseRejection(reason, promise), 'Unhandled Promise Rejection', 128);
  });
}

function sayWhatIsMissing(error) {
  const name = own.sdk ? missingSdk(error, own.sdk) : '';
  if (name === '') return;
  writeEvent(`Tandem: AWS's runtime ${own.runtime} has ${name}, this machine does not: "npm install -g ` +
      `${name}" brings it, or a folder that functions.modules.nodejs in tandem.yaml names`);
}

function setTraceId(headers) {
  const id = headers['lambda-runtime-trace-id'];
  if (id) process.env._X_AMZN_TRACE_ID = id;
  else delete process.env._X_AMZN_TRACE_ID;
}

async function serve(handler, about) {
  for (;;) {
    const request = await channel.next();
    const invocation = new Invocation(channel, request);
    current = invocation;
    setRequestId(invocation.id);
    setTraceId(request.headers);
    if (about.streaming) await invocation.runStreaming(handler, about, own.dialect);
    else if (modern) await invocation.run24(handler);
    else await invocation.run(handler, about);
    if (modern) setRequestId('-');
  }
}

async function main() {
  if (modern) setRequestId('-');
  patchConsole();
  installGlobal();
  if (!modern) watchForFailures();
  let handler;
  let about;
  try {
    handler = await findHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER, own.dialect);
    about = describe(handler, own.dialect);
  } catch (error) {
    logError(modern ? 'Init Error' : 'Uncaught Exception', shown(error));
    sayWhatIsMissing(error);
    await channel.failInit(document(error));
    process.exit(modern ? 1 : 129);
  }
  await serve(handler, about);
}

try {
  // When a promise is never settled and nothing is left to do, node ends here with its exit code 13.
  await main();
} catch (error) {
  // Only the Runtime API itself can be at fault: the region has ended.
  writeEvent(String(error && error.stack));
  process.exit(1);
}
