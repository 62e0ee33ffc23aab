// Responses that functions write while they run: how they reach whoever invoked them, and what
// stops them.
#include <gmock/gmock.h>

#include "net/body.h"
#include "services/lambda/lambda_testing.h"

namespace tandem::lambda {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kNode = R"js(
const MB = 1024 * 1024;
const ended = (stream) => new Promise((done) => { stream.on('finish', done); stream.end(); });
const ways = {
  words: async (stream) => { stream.setContentType('text/plain'); stream.write('a'); stream.write('b'); },
  much: async (stream) => {
    stream.write('first');
    for (let i = 1; i <= 64; ++i) {
      await new Promise((written) => stream.write(Buffer.alloc(MB, 'x'), written));
      console.log(`wrote ${i} MB`);
    }
  },
  toomuch: async (stream) => {
    for (let i = 1; i <= 7; ++i) await new Promise((written) => stream.write(Buffer.alloc(MB), written));
  },
  early: async () => { throw new RangeError('early'); },
  late: async (stream) => { await new Promise((written) => stream.write('part', written)); throw new RangeError('late'); },
  exit: async (stream) => { await new Promise((written) => stream.write('part', written)); process.exit(3); },
  hang: async (stream) => { stream.write('part'); await new Promise((r) => setTimeout(r, 60000)); },
};
exports.handler = awslambda.streamifyResponse(async (event, stream) => { await ways[event.mode](stream); stream.end(); });
)js";

/// A runtime in Python, on a bare socket, that does to its response what the event says.
constexpr const char* kPython = R"py(#!/usr/bin/python3
import http.client, os, socket
host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')
HEAD = ('POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: ' + host + '\r\n'
        'Lambda-Runtime-Function-Response-Mode: streaming\r\n%s\r\n')
def ask():
    while True:
        connection = http.client.HTTPConnection(host, int(port))
        connection.request('GET', '/2018-06-01/runtime/invocation/next')
        answer = connection.getresponse()
        event = answer.read()
        if answer.status == 200:
            return event, answer.headers['Lambda-Runtime-Aws-Request-Id']
        print(event, flush=True)
while True:
    event, id = ask()
    raw = socket.create_connection((host, int(port)))
    def send(text):
        raw.sendall(text.encode())
    if b'"sized"' in event:
        send(HEAD % (id, 'Content-Length: 5\r\n') + 'sized')
    else:
        send(HEAD % (id, 'Content-Type: a/b\r\nTransfer-Encoding: chunked\r\n') + '5\r\nhello\r\n')
    if b'"cut"' in event:
        raw.close()
        continue
    if b'"fields"' in event:
        send('0\r\nLambda-Runtime-Function-Error-Type: My.Error\r\nLambda-Runtime-Function-Error-Body: eyJhIjoxfQ==\r\n\r\n')
    elif b'"sized"' not in event:
        send('0\r\n\r\n')
    raw.recv(4096)
    raw.close()
)py";

struct Event {
  std::string type;
  std::string payload;
};

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

class StreamingTest : public LambdaTest {
 protected:
  void make(std::string_view runtime, const char* file, const char* text, json::object more = {}) {
    json::object input = function_input("f", make_zip({{file, std::string(text), S_IFREG | 0755}}));
    input["Runtime"] = runtime;
    input["Handler"] = "index.handler";
    input["Timeout"] = 30;
    input["MemorySize"] = 256;
    for (const auto& [key, value] : more) input[key] = value;
    call("CreateFunction", std::move(input));
  }
  void make_node(json::object more = {}) { make("nodejs20.x", "index.js", kNode, std::move(more)); }
  service::Reply stream(std::string_view mode, json::object more = {}) {
    json::object input = {{"FunctionName", "f"}};
    for (const auto& [key, value] : more) input[key] = value;
    return call("InvokeWithResponseStream", std::move(input),
                fmt::format("{{\"mode\":\"{}\"}}", mode));
  }
  /// The messages as they come: the source gives whole ones.
  std::optional<Event> next(const service::Reply& reply) {
    const std::string bytes = wait(reply.source->next());
    if (bytes.empty()) return std::nullopt;
    EXPECT_EQ(big_endian(bytes.substr(0, 4)), bytes.size());
    const std::size_t headers = big_endian(bytes.substr(4, 4));
    Event event;
    event.type = bytes.substr(12 + 1 + 11 + 3, static_cast<unsigned char>(bytes[12 + 1 + 11 + 2]));
    event.payload = bytes.substr(12 + headers, bytes.size() - headers - 16);
    return event;
  }
  /// The rest: what the function wrote, and InvokeComplete.
  std::pair<std::string, std::string> rest(const service::Reply& reply) {
    std::string written;
    std::string completion;
    while (const auto event = next(reply)) {
      EXPECT_EQ(completion, "");
      (event->type == "InvokeComplete" ? completion : written) += event->payload;
    }
    return {written, completion};
  }
  /// What can be done without the reader.
  void let_run(std::chrono::milliseconds duration) {
    bool over = false;
    asio::co_spawn(loop_, core::sleep_for(duration),
                   [&](const std::exception_ptr&) { over = true; });
    run_until([&] { return over; });
  }
};

TEST_F(StreamingTest, WhatIsWrittenComesInMessages) {
  start();
  make_node();
  const service::Reply reply = stream("words", {{"LogType", "Tail"}});
  EXPECT_EQ(reply.output,
            (json::object{{"StatusCode", 200},
                          {"ExecutedVersion", "$LATEST"},
                          {"ResponseStreamContentType", "application/vnd.amazon.eventstream"}}));
  EXPECT_EQ(reply.headers.get_or("X-Amzn-Remapped-Content-Type"), "text/plain");
  const auto [written, completion] = rest(reply);
  EXPECT_EQ(written, "ab");
  const json::value document = json::parse_text(completion).value();
  EXPECT_FALSE(document.as_object().contains("ErrorCode"));
  EXPECT_THAT(*core::base64_decode(json::string_or(document.as_object(), "LogResult")),
              HasSubstr("REPORT RequestId: 8f507cfc-0000-4000-8000-123456789012\t"));
}

// INVARIANT(one-slice-waits)
TEST_F(StreamingTest, ASlowReaderStopsTheFunction) {
  start();
  make_node();
  const service::Reply reply = stream("much");
  EXPECT_THAT(next(reply)->payload, StartsWith("first"));
  // What the machine itself keeps under way between two sockets is some megabytes.
  let_run(std::chrono::milliseconds(500));
  wait(service_->stop());
  EXPECT_THAT(log_lines(), Not(::testing::Contains(HasSubstr("wrote 60 MB"))));
  const auto [written, completion] = rest(reply);
  EXPECT_LT(written.size(), 1024 * 1024);
  EXPECT_THAT(completion, StartsWith(R"({"ErrorCode":"Runtime.TruncatedResponse")"));
}

TEST_F(StreamingTest, AReaderWhoReadsGetsAll) {
  start();
  make_node();
  const auto [written, completion] = rest(stream("much"));
  EXPECT_EQ(written.size(), 5 + 64 * 1024 * 1024);
  EXPECT_EQ(completion, "{}");
}

TEST_F(StreamingTest, AFunctionWhoseReaderHasGoneRunsToItsEnd) {
  start();
  make_node();
  call("PutFunctionConcurrency", {{"FunctionName", "f"}, {"ReservedConcurrentExecutions", 1}});
  {
    const service::Reply reply = stream("much");
    EXPECT_THAT(next(reply)->payload, StartsWith("first"));
    EXPECT_THAT(refusal("InvokeWithResponseStream", {{"FunctionName", "f"}}, "{}"),
                StartsWith("TooManyRequestsException"));
  }
  run_until([&] {
    return refusal("Invoke", {{"FunctionName", "f"}}, R"({"mode":"words"})") == "accepted";
  });
  wait(service_->stop());
  EXPECT_THAT(log_lines(), ::testing::Contains(HasSubstr("wrote 64 MB")));
}

TEST_F(StreamingTest, FailuresAreToldAtTheEnd) {
  start();
  make_node({{"Timeout", 2}});
  auto [written, completion] = rest(stream("early"));
  EXPECT_EQ(written, "");
  EXPECT_THAT(
      completion,
      StartsWith(R"({"ErrorCode":"Unhandled","ErrorDetails":"{\"errorType\":\"RangeError\")"));
  std::tie(written, completion) = rest(stream("late"));
  EXPECT_EQ(written, "part");
  EXPECT_THAT(
      completion,
      StartsWith(
          R"({"ErrorCode":"RangeError","ErrorDetails":"{\"errorType\":\"RangeError\",\"errorMessage\":\"late\")"));
  std::tie(written, completion) = rest(stream("exit"));
  EXPECT_EQ(written, "part");
  EXPECT_THAT(completion,
              MatchesRegex(R"(.*"Runtime.TruncatedResponse".*Runtime.ExitError.*exit status 3.*)"));
  std::tie(written, completion) = rest(stream("hang"));
  EXPECT_EQ(written, "part");
  EXPECT_THAT(completion,
              MatchesRegex(R"(.*"Sandbox.Timedout".*Task timed out after 2.00 seconds.*)"));
  // The next one is not the worse for it.
  EXPECT_EQ(rest(stream("words")).first, "ab");
}

TEST_F(StreamingTest, WhoeverAnswersWithAWholeIsStreamedToo) {
  start();
  create();
  const auto [written, completion] = rest(stream("echo"));
  EXPECT_EQ(written, invoke("echo").payload);
  EXPECT_EQ(completion, "{}");
  EXPECT_EQ(stream("echo", {{"InvocationType", "DryRun"}}).status, 204);
  EXPECT_THAT(refusal("InvokeWithResponseStream", {{"FunctionName", "g"}}, "{}"),
              StartsWith("ResourceNotFoundException"));
  EXPECT_THAT(refusal("InvokeWithResponseStream", {{"FunctionName", "f"}}, "{"),
              StartsWith("InvalidRequestContentException"));
}

// Developer guide, "Implementing response streaming in a custom runtime".
TEST_F(StreamingTest, RuntimesOfOnesOwnStream) {
  start();
  make("provided.al2023", "bootstrap", kPython, {{"Timeout", 5}});
  EXPECT_EQ(stream("whole").headers.get_or("X-Amzn-Remapped-Content-Type"), "a/b");
  EXPECT_EQ(rest(stream("whole")), std::pair(std::string("hello"), std::string("{}")));
  EXPECT_EQ(rest(stream("sized")), std::pair(std::string("sized"), std::string("{}")));
  EXPECT_EQ(rest(stream("fields")),
            std::pair(std::string("hello"),
                      std::string(R"({"ErrorCode":"My.Error","ErrorDetails":"{\"a\":1}"})")));
  EXPECT_EQ(invoke("whole").payload, "hello");
  EXPECT_EQ(invoke("fields").payload, R"({"a":1})");
  const auto [written, completion] = rest(stream("cut"));
  EXPECT_EQ(written, "hello");
  EXPECT_THAT(
      completion,
      MatchesRegex(R"(.*"ErrorCode":"Runtime.TruncatedResponse".*Response was truncated.*)"));
  EXPECT_EQ(rest(stream("whole")).first, "hello");
  wait(service_->stop());
  EXPECT_THAT(log_lines(), ::testing::Contains(HasSubstr("from InvocationResponse to Ready")));
}

TEST_F(StreamingTest, WhoeverInvokesForAWholeGetsNoMoreThanThatMayBe) {
  start();
  make_node();
  EXPECT_EQ(invoke("words").payload, "ab");
  EXPECT_THAT(invoke("toomuch").payload, HasSubstr("Function.ResponseSizeTooLarge"));
  EXPECT_EQ(invoke("words").payload, "ab");
}

}  // namespace
}  // namespace tandem::lambda
