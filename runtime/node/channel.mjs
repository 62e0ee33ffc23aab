// The Runtime API (2018-06-01), over one connection that is kept. On a bare socket: the http module would
// cost each cold start, and whoever patches it in a function must not reach this.
import net from 'net';

const PREFIX = '/2018-06-01/runtime/';
const HEAD_END = '\r\n\r\n';
const MOST_HEAD = 1024 * 1024;

function parseHead(text) {
  const lines = text.split('\r\n');
  const headers = Object.create(null);
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { status: Number(lines[0].split(' ')[1]), headers };
}

/// One connection; one request at a time.
class Connection {
  constructor(host, port) {
    this.pieces = [];
    this.size = 0;
    this.head = null;
    this.waiting = null;
    this.closed = false;
    this.socket = net.connect({ host, port, noDelay: true });
    this.socket.setNoDelay(true);
    this.socket.on('data', (piece) => this.take(piece));
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('close', () => this.fail(new Error('the Runtime API closed the connection')));
  }

  /// The answer to what is written next. While it is waited for the event loop is not empty.
  answer() {
    this.socket.ref();
    return new Promise((resolve, reject) => {
      if (this.closed) reject(new Error('the connection to the Runtime API is closed'));
      this.waiting = { resolve, reject };
    });
  }

  take(piece) {
    this.pieces.push(piece);
    this.size += piece.length;
    if (this.head === null) {
      const all = this.join();
      const end = all.indexOf(HEAD_END);
      if (end < 0) {
        if (all.length > MOST_HEAD) this.fail(new Error('the Runtime API answered without an end'));
        return;
      }
      this.head = parseHead(all.toString('latin1', 0, end));
      this.pieces = [all.subarray(end + HEAD_END.length)];
      this.size = this.pieces[0].length;
    }
    if (this.size >= Number(this.head.headers['content-length'] || 0)) this.finish();
  }

  join() {
    if (this.pieces.length > 1) this.pieces = [Buffer.concat(this.pieces)];
    return this.pieces[0];
  }

  finish() {
    const { waiting, head } = this;
    const body = this.join();
    this.head = this.waiting = null;
    this.pieces = [];
    this.size = 0;
    this.socket.unref();
    if (waiting) waiting.resolve({ ...head, body });
  }

  fail(error) {
    this.closed = true;
    this.socket.destroy();
    if (this.waiting) this.waiting.reject(error);
    this.waiting = null;
  }
}

function requestHead(method, path, host, headers) {
  let text = `${method} ${PREFIX}${path} HTTP/1.1\r\nHost: ${host}\r\n`;
  for (const [name, value] of Object.entries(headers)) text += `${name}: ${value}\r\n`;
  return `${text}\r\n`;
}

export class Channel {
  constructor(address) {
    this.address = address;
    const colon = address.lastIndexOf(':');
    this.host = address.slice(0, colon);
    this.port = Number(address.slice(colon + 1));
    this.kept = null;
  }

  /// The kept connection, or one of its own when that one waits for something.
  connection() {
    if (this.kept && !this.kept.closed && this.kept.waiting) {
      return new Connection(this.host, this.port);
    }
    if (!this.kept || this.kept.closed) this.kept = new Connection(this.host, this.port);
    return this.kept;
  }

  send(method, path, headers, body) {
    const connection = this.connection();
    const answer = connection.answer();
    connection.socket.write(requestHead(method, path, this.address, headers));
    if (body) connection.socket.write(body);
    return answer;
  }

  async next() {
    const answer = await this.send('GET', 'invocation/next', {}, null);
    if (answer.status !== 200) {
      throw new Error(`the Runtime API gave no work: ${answer.status} ${answer.body}`);
    }
    return answer;
  }

  post(path, headers, text) {
    const body = Buffer.from(text);
    return this.send('POST', path, { 'Content-Length': body.length, ...headers }, body);
  }

  respond(id, text) {
    return this.post(`invocation/${id}/response`, { 'Content-Type': 'application/json' }, text);
  }

  /// document: what error() of errors.mjs gives.
  postError(path, document) {
    const headers = {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Function-Error-Type': String(document.errorType).replace(/[^\x20-\x7e]/g, '?'),
    };
    return this.post(path, headers, JSON.stringify(document));
  }

  failInvocation(id, document) {
    return this.postError(`invocation/${id}/error`, document);
  }

  failInit(document) {
    return this.postError('init/error', document);
  }

  /// A response that is written piece by piece. end(trailers) gives the answer.
  stream(id, contentType) {
    const connection = this.connection();
    const answer = connection.answer();
    answer.catch(() => {});  // it is looked at when the response ends
    connection.socket.write(requestHead('POST', `invocation/${id}/response`, this.address, {
      'Content-Type': contentType,
      'Lambda-Runtime-Function-Response-Mode': 'streaming',
      'Trailer': 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
      'Transfer-Encoding': 'chunked',
    }));
    return {
      write(bytes, written) {
        if (bytes.length === 0) return written();
        connection.socket.write(`${bytes.length.toString(16)}\r\n`);
        connection.socket.write(bytes);
        return connection.socket.write('\r\n', written);
      },
      end(trailers) {
        let text = '0\r\n';
        for (const [name, value] of Object.entries(trailers)) text += `${name}: ${value}\r\n`;
        connection.socket.write(`${text}\r\n`);
        return answer;
      },
    };
  }
}
