"""Responses that functions write while they run. Sources: [API] Lambda API reference, InvokeWithResponseStream;
[DG] Lambda Developer Guide, "Response streaming for Lambda functions" and "Implementing response streaming in a custom
runtime"; [ES] the event stream encoding as botocore reads it."""
import http.client
import json
import re

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.eventstream import EventStreamBuffer

from tests.sdk.apigateway_helpers import PinnedConnection, context_for, send, unique, zip_of
from tests.sdk.lambda_helpers import client, create  # noqa: F401 (fixtures)
from tests.support.younger import more

# [DG] writes "first", then waits until the object that its event links to is there, and writes that.
NODE = r"""
const http = require('http');
const look = (url) => new Promise((done, failed) => http.get(url, (answer) => {
  let text = '';
  answer.on('data', (more) => { text += more; });
  answer.on('end', () => done(answer.statusCode === 200 ? text : null));
}).on('error', failed));
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  const asked = event.rawPath ? JSON.parse(event.body) : event;
  if (asked.early) throw new TypeError('early');
  let out = stream;
  if (asked.head) out = awslambda.HttpResponseStream.from(stream, asked.head);
  out.write('first');
  let text = null;
  while (asked.url && text === null) text = await look(asked.url);
  if (asked.late) throw new TypeError('late');
  if (text) out.write(text);
  out.end();
});
"""


@pytest.fixture(scope="module")
def function(client, lambda_role):
    name = create(client, lambda_role, unique("stream"), Runtime="nodejs20.x", Handler="index.handler",
                  MemorySize=256, Timeout=30, Code={"ZipFile": zip_of({"index.js": NODE})})
    yield name
    client.delete_function(FunctionName=name)


@pytest.fixture
def gate(aws):
    """A link to an object that is not there yet, and what puts it there."""
    s3, bucket = aws.client("s3"), unique("gate")
    s3.create_bucket(Bucket=bucket)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "text"})
    yield re.sub("^https", "http", url), lambda text: s3.put_object(Bucket=bucket, Key="text", Body=text)
    s3.delete_object(Bucket=bucket, Key="text")
    s3.delete_bucket(Bucket=bucket)


class Streamed:
    """InvokeWithResponseStream, which Debian's botocore does not know."""

    def __init__(self, aws, function, event, **headers):
        endpoint = aws.client("lambda").meta.endpoint_url
        signer = aws.client("lambda")._request_signer._credentials
        path = f"/2021-11-15/functions/{function}/response-streaming-invocations"
        request = AWSRequest("POST", endpoint + path, data=json.dumps(event), headers=headers)
        SigV4Auth(Credentials(signer.access_key, signer.secret_key, signer.token), "lambda", "us-east-1").add_auth(request)
        secure, host = endpoint.split("://")
        self.connection = (http.client.HTTPSConnection if secure == "https" else http.client.HTTPConnection)(
            host, timeout=60)
        self.connection.request("POST", path, json.dumps(event), dict(request.headers))
        self.answer = self.connection.getresponse()
        self.buffer = EventStreamBuffer()

    def next(self):
        """(type, payload) of the next message; nothing after the last."""
        while True:
            for message in self.buffer:
                assert message.headers[":message-type"] == "event"
                return message.headers[":event-type"], message.payload
            more = self.answer.read1(65536)
            if not more:
                return None
            self.buffer.add_data(more)

    def rest(self):
        written = []
        while True:
            kind, payload = self.next()
            if kind == "InvokeComplete":
                assert self.next() is None
                return b"".join(written), json.loads(payload)
            assert kind == "PayloadChunk"
            written.append(payload)


def test_the_first_bytes_come_before_the_function_ends(aws, function, gate):  # [API] [ES]
    url, open_gate = gate
    stream = Streamed(aws, function, {"url": url}, **{"X-Amz-Log-Type": "Tail"})
    assert stream.answer.status == 200
    assert stream.answer.headers["Content-Type"] == "application/vnd.amazon.eventstream"
    assert stream.answer.headers["X-Amz-Executed-Version"] == "$LATEST"
    assert stream.answer.headers["x-amzn-Remapped-Content-Type"] == "application/octet-stream"
    assert stream.next() == ("PayloadChunk", b"first")
    open_gate("second")
    written, completion = stream.rest()
    assert written == b"second"
    assert set(completion) == {"LogResult"}


def test_a_failure_is_told_at_the_end(aws, function):  # [API] InvokeWithResponseStreamCompleteEvent
    written, completion = Streamed(aws, function, {"late": True}).rest()
    assert written == b"first"
    assert completion["ErrorCode"] == "TypeError"
    assert json.loads(completion["ErrorDetails"])["errorMessage"] == "late"
    written, completion = Streamed(aws, function, {"early": True}).rest()
    assert written == b"" and completion["ErrorCode"] == "Unhandled"
    absent = Streamed(aws, "absent", {})
    assert absent.answer.status == 404
    assert absent.answer.headers["x-amzn-ErrorType"] == "ResourceNotFoundException"


def test_a_buffered_function_is_streamed_as_well(aws, client, lambda_role):  # [API]
    name = create(client, lambda_role)
    try:
        written, completion = Streamed(aws, name, "x").rest()
        assert json.loads(written)["event"] == "x" and completion == {}
    finally:
        client.delete_function(FunctionName=name)


class UrlAnswer:
    """A POST to a function URL, read as it comes."""

    def __init__(self, aws, host, asked):
        self.connection = PinnedConnection(host, aws.addresses["us-east-1"], aws.ports["https"], context_for(aws),
                                           timeout=60)
        self.connection.request("POST", "/", json.dumps(asked), {"Content-Type": "application/json"})
        self.answer = self.connection.getresponse()


@pytest.fixture
def host(client, function):
    made = client.create_function_url_config(FunctionName=function, AuthType="NONE")
    client.add_permission(FunctionName=function, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*",
                          FunctionUrlAuthType="NONE")
    client.add_permission(FunctionName=function, StatementId="function", Action="lambda:InvokeFunction", Principal="*")
    # Debian's botocore does not know InvokeMode.
    with more(client, "UpdateFunctionUrlConfig", members={"InvokeMode": "RESPONSE_STREAM"}):
        client.update_function_url_config(FunctionName=function)
    yield made["FunctionUrl"].split("/")[2]
    client.delete_function_url_config(FunctionName=function)
    client.remove_permission(FunctionName=function, StatementId="url")
    client.remove_permission(FunctionName=function, StatementId="function")


def test_a_url_gives_on_what_is_written(aws, host, gate):  # [DG] "Invoking a response streaming function"
    url, open_gate = gate
    asked = UrlAnswer(aws, host, {"url": url}).answer
    assert (asked.status, asked.headers["Content-Type"]) == (200, "application/octet-stream")
    assert asked.headers["Transfer-Encoding"] == "chunked"
    assert asked.read1(100) == b"first"
    open_gate("second")
    assert asked.read() == b"second"


def test_a_prelude_is_the_answers_head(aws, host):  # [DG] HttpResponseStream
    head = {"statusCode": 201, "headers": {"Content-Type": "text/plain", "X-Mine": "yes"}, "cookies": ["a=1", "b=2"]}
    asked = UrlAnswer(aws, host, {"head": head}).answer
    assert (asked.status, asked.headers["Content-Type"], asked.headers["X-Mine"]) == (201, "text/plain", "yes")
    assert asked.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert asked.read() == b"first"


def test_a_url_whose_function_fails(aws, host):  # [DG] errors before and after the first byte
    assert send(aws, host, "POST", "/", {"Content-Type": "application/json"}, '{"early":true}')[0] == 502
    asked = UrlAnswer(aws, host, {"late": True}).answer
    assert asked.status == 200
    with pytest.raises(http.client.IncompleteRead) as cut:
        asked.read()
    assert cut.value.partial == b"first"
