// The console, as lines of a function's log. What one call says is one event, whatever lines it has: it goes
// to standard output between the marks that the region knows (docs/formats/function-output.md). What the
// function writes there itself is an event a line.
import fs from 'fs';
import util from 'util';

const BEGIN = '\x1e';
const NEWLINE = '\x1f';
/// CloudWatch Logs takes events of up to 256 KB, with 26 bytes of its own.
const MOST_BYTES = 262144 - 26 - 1;

let requestId;
export function setRequestId(id) {
  requestId = id;
}

function writeAll(bytes) {
  for (let at = 0; at < bytes.length;) {
    try {
      at += fs.writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') return;  // nobody reads any more
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

export function writeEvent(text) {
  // Texts with our marks in them go as over a plain standard output.
  const marked = !text.includes(BEGIN) && !text.includes(NEWLINE);
  const line = Buffer.from(text.replace(/\n/g, marked ? NEWLINE : '\r'));
  for (let at = 0; at < line.length || at === 0; at += MOST_BYTES) {
    const piece = line.subarray(at, at + MOST_BYTES);
    writeAll(Buffer.concat([Buffer.from(marked ? BEGIN : ''), piece, Buffer.from('\n')]));
  }
}

function write(level, args) {
  writeEvent(`${new Date().toISOString()}\t${requestId}\t${level}\t${util.format(...args)}`);
}

export function logError(prefix, shown) {
  write('ERROR', [prefix, shown]);
}

export function patchConsole() {
  const levels = {
    log: 'INFO', trace: 'TRACE', debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL',
  };
  for (const [name, level] of Object.entries(levels)) {
    console[name] = (...args) => write(level, args);
  }
}
