// Functions as processes: what they may do, what happens when they misbehave, what their log says.
#include <algorithm>
#include <gmock/gmock.h>
#include <regex>
#include <signal.h>

#include "core/text.h"
#include "services/lambda/lambda_testing.h"

namespace tandem::lambda {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kId = "8f507cfc-0000-4000-8000-123456789012";

std::string error_of(const service::Reply& reply) {
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(json::string_or(reply.output, "FunctionError"), "Unhandled");
  return reply.payload;
}

TEST_F(LambdaTest, WarmInstancesAreUsedAgain) {
  start();
  create();
  // Which instance answers is not promised: a runtime that is slow to ask for more is passed over.
  int cold = 0;
  for (int i = 1; i <= 20; ++i) cold += invoke("count").payload == "1" ? 1 : 0;
  EXPECT_LE(cold, 10);
}

TEST_F(LambdaTest, TheLogTailHoldsTheInvocationToTheLetter) {
  start();
  create();
  invoke("count");
  const auto reply = invoke("print", {{"LogType", "Tail"}});
  EXPECT_EQ(reply.payload, "{\"mode\":\"print\"}");
  EXPECT_EQ(json::string_or(reply.output, "ExecutedVersion"), "$LATEST");
  const auto tail = core::base64_decode(json::string_or(reply.output, "LogResult"));
  ASSERT_TRUE(tail.has_value());
  EXPECT_THAT(*tail, MatchesRegex("START RequestId: 8f507cfc[-0-9]+ Version: .LATEST\n"
                                  "(to standard output\nto standard error\n|"
                                  "to standard error\nto standard output\n)"
                                  "END RequestId: 8f507cfc[-0-9]+\n"
                                  "REPORT RequestId: 8f507cfc[-0-9]+\tDuration: [0-9.]+ ms\t"
                                  "Billed Duration: [0-9]+ ms\tMemory Size: 128 MB\t"
                                  "Max Memory Used: [0-9]+ MB\t(Init Duration: [0-9.]+ ms\t)?\n"));
}

TEST_F(LambdaTest, AColdStartReportsItsInitPhase) {
  start();
  create();
  invoke("count");
  wait(service_->stop());
  const auto& lines = log_lines();
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[0], StartsWith("INIT_START Runtime Version: provided:al2023.v1\tRuntime "
                                   "Version ARN: arn:aws:lambda:us-east-1::runtime:"));
  EXPECT_THAT(lines[3], MatchesRegex("REPORT RequestId: .*\tInit Duration: [0-9.]+ ms\t"));
}

// The documents are those of the Lambda developer guide and of the service itself.
TEST_F(LambdaTest, FailuresHaveAwsDocuments) {
  start();
  create();
  const std::string exited = fmt::format(
      "{{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: {} Error: ", kId);
  EXPECT_EQ(error_of(invoke("exit")), exited + "Runtime exited with error: exit status 1\"}");
  EXPECT_EQ(error_of(invoke("exit0")), exited + "Runtime exited without providing a reason\"}");
  EXPECT_EQ(error_of(invoke("segfault")),
            exited + "Runtime exited with error: signal: segmentation fault\"}");
  EXPECT_EQ(error_of(invoke("crash")), exited + "Runtime exited with error: signal: aborted\"}");
  EXPECT_EQ(error_of(invoke("throw")),
            "{\"errorMessage\":\"no \\\"luck\\\"\",\"errorType\":\"std::runtime_error\","
            "\"stackTrace\":[]}");
  EXPECT_EQ(error_of(invoke("big")),
            "{\"errorMessage\":\"Response payload size exceeded maximum allowed payload size "
            "(6291556 bytes).\",\"errorType\":\"Function.ResponseSizeTooLarge\"}");
  EXPECT_EQ(invoke("nonsense").payload, "}{ not JSON \xff");
  EXPECT_EQ(invoke("echo").payload, "{\"mode\":\"echo\"}");
}

TEST_F(LambdaTest, AHangingFunctionTimesOut) {
  start();
  create({{"Timeout", 1}});
  const auto reply = invoke("hang", {{"LogType", "Tail"}});
  EXPECT_EQ(error_of(reply),
            fmt::format("{{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: {} "
                        "Error: Task timed out after 1.00 seconds\"}}",
                        kId));
  EXPECT_THAT(*core::base64_decode(json::string_or(reply.output, "LogResult")),
              MatchesRegex("START .*Z 8f507cfc[-0-9]+ Task timed out after 1.00 seconds\n"
                           "END .*\tDuration: 1000.00 ms\t.*\tStatus: timeout\n"));
  EXPECT_EQ(invoke("count").payload, "1");
}

// Lambda developer guide, "Lambda execution environment lifecycle", "Invoke phase": it "ends after
// the runtime and all extensions signal that they are done by sending a Next API request", and the
// function's timeout limits it.
TEST_F(LambdaTest, ARuntimeThatAnswersAndAsksForNoMoreTimesOut) {
  constexpr std::string_view kBootstrap = R"(#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
id=$(curl -sSD - -o /dev/null $api/next | tr -d '\r' |
  sed -n 's/^lambda-runtime-aws-request-id: //Ip')
curl -sS -o /dev/null -d '"answered"' $api/$id/response
sleep 60
)";
  start();
  json::object input =
      function_input("f", make_zip({{"bootstrap", std::string(kBootstrap), S_IFREG | 0755}}));
  input["Timeout"] = 1;
  call("CreateFunction", std::move(input));
  EXPECT_EQ(invoke("echo").payload, "\"answered\"");
  const auto logged = [&](const char* line) {
    const auto lines = log_lines();
    return std::ranges::any_of(
        lines, [&](const std::string& each) { return testing::Matches(MatchesRegex(line))(each); });
  };
  run_until(
      [&] { return logged("REPORT RequestId: .*\tDuration: 1000.00 ms\t.*\tStatus: timeout"); });
  EXPECT_TRUE(logged(".* Task timed out after 1.00 seconds"));
  // The next one has an instance of its own.
  EXPECT_EQ(invoke("echo").payload, "\"answered\"");
}

TEST_F(LambdaTest, InitFailuresAreTriedOnceMoreAndReported) {
  start({.durations = {.init = std::chrono::milliseconds(300)}});
  create({{"Environment", {{"Variables", {{"INIT_MODE", "throw"}}}}}, {"Timeout", 1}});
  EXPECT_EQ(error_of(invoke("echo")),
            "{\"errorMessage\":\"cannot start\",\"errorType\":\"std::runtime_error\","
            "\"stackTrace\":[]}");
  const auto mode = [&](std::string_view text) {
    call("UpdateFunctionConfiguration",
         {{"FunctionName", "f"}, {"Environment", {{"Variables", {{"INIT_MODE", text}}}}}});
    return error_of(invoke("echo"));
  };
  EXPECT_THAT(mode("exit"), HasSubstr("Runtime exited with error: exit status 3"));
  EXPECT_THAT(mode("hang"), HasSubstr("Task timed out after 1.00 seconds"));
  wait(service_->stop());
  EXPECT_THAT(log_lines(),
              testing::Contains(MatchesRegex("INIT_REPORT Init Duration: [0-9.]+ ms\tPhase: init\t"
                                             "Status: timeout")));
  EXPECT_THAT(log_lines(),
              testing::Contains(MatchesRegex("INIT_REPORT Init Duration: [0-9.]+ ms\tPhase: "
                                             "invoke\tStatus: error\tError Type: "
                                             "Runtime.ExitError")));
}

TEST_F(LambdaTest, CodeThatCannotBeRunIsAnInvalidEntrypoint) {
  start();
  const auto outcome = [&](std::vector<ZipItem> items) {
    call("CreateFunction", function_input("f", make_zip(items)));
    const std::string payload = error_of(invoke("echo"));
    call("DeleteFunction", {{"FunctionName", "f"}});
    return payload;
  };
  const std::string missing = fmt::format(
      "{{\"errorType\":\"Runtime.InvalidEntrypoint\",\"errorMessage\":\"RequestId: {} Error: "
      "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]\"}}",
      kId);
  EXPECT_EQ(outcome({{"other", "x"}}), missing);
  EXPECT_EQ(outcome({{"bootstrap", "#!/bin/sh\n", S_IFREG | 0644}}),
            fmt::format("{{\"errorType\":\"Runtime.InvalidEntrypoint\",\"errorMessage\":"
                        "\"RequestId: {} Error: fork/exec /var/task/bootstrap: permission "
                        "denied\"}}",
                        kId));
  EXPECT_THAT(outcome({{"bootstrap", "echo no shebang", S_IFREG | 0755}}),
              HasSubstr("fork/exec /var/task/bootstrap: exec format error"));
}

TEST_F(LambdaTest, MemoryOverTheLimitEndsTheInstance) {
  start();
  create({{"Timeout", 30}});
  const auto reply = invoke("eat", {{"LogType", "Tail"}});
  EXPECT_THAT(error_of(reply), HasSubstr("Runtime.ExitError"));
  EXPECT_THAT(error_of(reply), HasSubstr("Runtime exited with error: signal: killed"));
  const std::string tail = *core::base64_decode(json::string_or(reply.output, "LogResult"));
  EXPECT_THAT(tail, HasSubstr("Max Memory Used: 128 MB"));
  EXPECT_THAT(tail, HasSubstr("Error Type: Runtime.OutOfMemory"));
  const auto used = invoke("use", {{"LogType", "Tail"}});
  std::smatch found;
  const std::string used_tail = *core::base64_decode(json::string_or(used.output, "LogResult"));
  ASSERT_TRUE(std::regex_search(used_tail, found, std::regex("Max Memory Used: ([0-9]+) MB")));
  EXPECT_GE(std::stoi(found[1]), 60);
  EXPECT_LE(std::stoi(found[1]), 90);
}

// Lambda quotas: 1,024 processes and threads.
TEST_F(LambdaTest, ProcessesOverTheLimitAreRefused) {
  start();
  create({{"Timeout", 60}});
  const auto made = core::parse_int(invoke("fork").payload);
  ASSERT_TRUE(made);
  EXPECT_GT(*made, 900);
  EXPECT_LE(*made, 1024);
}

TEST_F(LambdaTest, TheSandboxShowsNothingOfTheMachine) {
  start();
  create();
  const auto reply = call("Invoke", {{"FunctionName", "f"}},
                          fmt::format("{{\"mode\":\"look\",\"path\":\"{}\"}}", folder_.string()));
  const auto seen = json::parse_text(reply.payload).value().as_object();
  std::set<std::string> root;
  for (const json::value& each : seen.at("root").as_array()) root.insert(json::to_std(each));
  for (const char* absent : {"root", "home", "work", "srv", "mnt", "media", "boot"}) {
    EXPECT_FALSE(root.contains(absent)) << absent;
  }
  EXPECT_EQ(seen.at("home"), "No such file or directory");
  EXPECT_EQ(seen.at("named"), "No such file or directory");
  EXPECT_EQ(seen.at("task").as_array().size(), 2u);
  EXPECT_EQ(seen.at("tmp"), "written");
  EXPECT_EQ(seen.at("code"), "Read-only file system");
  EXPECT_EQ(seen.at("outside"), "Read-only file system");
  EXPECT_EQ(seen.at("uid"), 993);
  EXPECT_EQ(seen.at("descriptors"), 1024);
  int processes = 0;
  for (const json::value& each : seen.at("processes").as_array()) {
    processes += std::isdigit(json::to_std(each)[0]) != 0 ? 1 : 0;
  }
  EXPECT_LE(processes, 2);
}

TEST_F(LambdaTest, TheEnvironmentIsAwsAndPointsAtTheRegion) {
  start();
  create(
      {{"Environment", {{"Variables", {{"LANG", "C"}, {"TABLE", "todos"}}}}}, {"MemorySize", 256}});
  const json::object context = {{"ClientContext", core::base64_encode("{\"a\":1}")}};
  const auto seen = json::parse_text(invoke("environment", context).payload).value().as_object();
  const auto text = [&](std::string_view name) { return json::string_or(seen, name); };
  EXPECT_EQ(text("TABLE"), "todos");
  EXPECT_EQ(text("LANG"), "C");
  EXPECT_EQ(text("_HANDLER"), "bootstrap");
  EXPECT_EQ(text("AWS_REGION"), "us-east-1");
  EXPECT_EQ(text("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "256");
  EXPECT_EQ(text("AWS_LAMBDA_LOG_GROUP_NAME"), "/aws/lambda/f");
  EXPECT_THAT(text("AWS_LAMBDA_LOG_STREAM_NAME"),
              MatchesRegex("20[0-9][0-9]/[01][0-9]/[0-3][0-9]/\\[.LATEST\\][0-9a-f]+"));
  EXPECT_THAT(text("AWS_ACCESS_KEY_ID"), MatchesRegex("ASIA[A-Z0-9]+"));
  EXPECT_EQ(text("AWS_ENDPOINT_URL"), "http://127.0.0.1:8080");
  EXPECT_EQ(text("LAMBDA_TASK_ROOT"), "/var/task");
  EXPECT_THAT(text("_X_AMZN_TRACE_ID"), StartsWith("Root=1-"));
  EXPECT_EQ(text("AWS_EXECUTION_ENV"), "");
  EXPECT_EQ(text("context"), "{\"a\":1}");
  EXPECT_EQ(text("arn"), "arn:aws:lambda:us-east-1:123456789012:function:f");
  EXPECT_NEAR(static_cast<double>(json::int_or(seen, "deadline", 0)),
              static_cast<double>(clock_.now_ms()) + 3000, 3000);
}

TEST_F(LambdaTest, AFloodOfOutputIsBoundedAndSaysSo) {
  start();
  create({{"Timeout", 60}});
  EXPECT_EQ(invoke("flood").payload, "\"flooded\"");
  EXPECT_EQ(invoke("count").payload, "1");
  wait(service_->stop());
  EXPECT_LT(logs_.bytes, 40u * 1024 * 1024);
  EXPECT_THAT(log_lines(),
              testing::Contains(MatchesRegex("\\[[0-9]+ log lines were dropped: more than 32 MB in "
                                             "one invocation\\]")));
}

TEST_F(LambdaTest, InvocationsRunSideBySideEachInItsInstance) {
  start();
  create();
  std::vector<std::string> answers;
  for (int i = 0; i < 4; ++i) {
    asio::co_spawn(loop_, service_->invoke("f", "{\"mode\":\"sleep\",\"ms\":\"300\"}", {}),
                   [&](const std::exception_ptr&, InvokeResult result) {
                     answers.push_back(std::move(result.payload));
                   });
  }
  run_until([&] { return answers.size() == 4; });
  EXPECT_EQ(std::set<std::string>(answers.begin(), answers.end()).size(), 4u);
}

// Lambda developer guide, "Understanding the Lambda execution environment lifecycle": an
// environment that becomes available while one is initialized for an invocation can be used for it.
TEST_F(LambdaTest, WorkWhoseInstanceIsBeingStartedGoesToOneThatIsFreeBefore) {
  start();
  create({{"Environment", {{"Variables", {{"INIT_MODE", "slow"}}}}}});
  EXPECT_EQ(invoke("count").payload, "1");
  std::string second;
  asio::co_spawn(loop_, service_->invoke("f", R"({"mode":"sleep","ms":"300"})", {}),
                 [](const std::exception_ptr&, const InvokeResult&) {});
  asio::co_spawn(
      loop_, service_->invoke("f", R"({"mode":"count"})", {}),
      [&](const std::exception_ptr&, InvokeResult result) { second = std::move(result.payload); });
  run_until([&] { return !second.empty(); });
  EXPECT_EQ(second, "2");  // a new instance would begin with 1
}

TEST_F(LambdaTest, MoreStartsThanTheMachineCanDoAreDoneInTurns) {
  start();
  create();
  constexpr std::size_t kMany = 60;
  using Statuses = std::vector<InvokeResult::Status>;
  Statuses answers;
  const auto ask = [&](Statuses& to) {
    asio::co_spawn(loop_, service_->invoke("f", "{\"mode\":\"sleep\",\"ms\":\"100\"}", {}),
                   [&](const std::exception_ptr&, const InvokeResult& result) {
                     to.push_back(result.status);
                   });
  };
  for (std::size_t i = 0; i < kMany; ++i) ask(answers);
  run_until([&] { return answers.size() == kMany; });
  EXPECT_THAT(answers, testing::Each(InvokeResult::Status::kSucceeded));
  // Those that wait for their turn when it stops are not begun.
  call("UpdateFunctionConfiguration", {{"FunctionName", "f"}, {"Description", "cold again"}});
  Statuses stopped;
  for (std::size_t i = 0; i < kMany; ++i) ask(stopped);
  wait(service_->stop());
  run_until([&] { return stopped.size() == kMany; });
  EXPECT_EQ(stopped.size(), kMany);
}

TEST_F(LambdaTest, EventsAreRetriedAfterFunctionErrorsThenDropped) {
  // A minute and two minutes on AWS; docs/clock.md.
  config_.clock_speed = 600;
  start();
  create();
  const auto reply = invoke("throw", {{"InvocationType", "Event"}});
  EXPECT_EQ(reply.status, 202);
  EXPECT_TRUE(reply.payload.empty());
  const auto starts = [&] {
    return std::count_if(log_lines().begin(), log_lines().end(), [](const std::string& line) {
      return line.starts_with("REPORT RequestId: ");
    });
  };
  run_until([&] { return starts() >= 3; });
  EXPECT_EQ(invoke("", {{"InvocationType", "DryRun"}}).status, 204);
  wait(service_->stop());
  EXPECT_EQ(starts(), 3);
  for (const std::string& line : log_lines()) {
    if (line.starts_with("REPORT")) {
      EXPECT_THAT(line, HasSubstr(kId));
    }
  }
}

// Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation":
// with reserved concurrency 0 new events go to the dead-letter queue "without any retries"; there
// is none.
TEST_F(LambdaTest, EventsOfAStoppedFunctionAreDropped) {
  start({.queue = {.throttle_first = std::chrono::milliseconds(1)}});
  create();
  create({}, "g");
  call("PutFunctionConcurrency", {{"FunctionName", "f"}, {"ReservedConcurrentExecutions", 0}});
  EXPECT_EQ(invoke("print", {{"InvocationType", "Event"}}).status, 202);
  // Events begin in order: with the second the first has been looked at.
  call("Invoke", {{"FunctionName", "g"}, {"InvocationType", "Event"}});
  run_until([&] { return !logs_.all["/aws/lambda/g"].empty(); });
  call("DeleteFunctionConcurrency", {{"FunctionName", "f"}});
  call("Invoke", {{"FunctionName", "g"}}, R"({"mode":"sleep","ms":"200"})");
  EXPECT_EQ(invoke("count").payload, "1");
  wait(service_->stop());
  EXPECT_EQ(std::count_if(log_lines().begin(), log_lines().end(),
                          [](const std::string& line) { return line.starts_with("REPORT "); }),
            1);
}

TEST_F(LambdaTest, EventsOfADeletedFunctionAreDropped) {
  start({.queue = {.retries = {std::chrono::milliseconds(1)}}});
  create();
  create({}, "g");
  EXPECT_EQ(invoke("throw", {{"InvocationType", "Event"}}).status, 202);
  run_until([&] { return !log_lines().empty(); });
  call("DeleteFunction", {{"FunctionName", "f"}});
  // The retry is due before this one is.
  call("Invoke", {{"FunctionName", "g"}, {"InvocationType", "Event"}});
  run_until([&] { return !logs_.all["/aws/lambda/g"].empty(); });
  EXPECT_THAT(refusal("GetFunction", {{"FunctionName", "f"}}),
              StartsWith("ResourceNotFoundException"));
}

TEST_F(LambdaTest, AcceptedEventsOutliveARestart) {
  start();
  create();
  call("PutFunctionConcurrency", {{"FunctionName", "f"}, {"ReservedConcurrentExecutions", 1}});
  // The only place is taken until the service stops.
  bool ended = false;
  asio::co_spawn(loop_, service_->invoke("f", R"({"mode":"hang"})", {}),
                 [&](const std::exception_ptr&, const InvokeResult&) { ended = true; });
  EXPECT_EQ(invoke("print", {{"InvocationType", "Event"}}).status, 202);
  wait(service_->stop());
  run_until([&] { return ended; });
  const std::size_t before = log_lines().size();
  service_.reset();
  start();
  // Its end, not its beginning: until then the only place is taken.
  run_until([&] {
    const auto& lines = log_lines();
    return std::any_of(lines.begin() + static_cast<std::ptrdiff_t>(before), lines.end(),
                       [](const std::string& line) { return line.starts_with("REPORT "); });
  });
  EXPECT_EQ(invoke("echo").status, 200);
}

TEST_F(LambdaTest, PayloadsAreCheckedBeforeAnythingRuns) {
  start();
  create();
  EXPECT_THAT(refusal("Invoke", {{"FunctionName", "f"}}, "not json"),
              StartsWith("InvalidRequestContentException: Could not parse request body into json"));
  EXPECT_EQ(refusal("Invoke", {{"FunctionName", "f"}}, std::string(6'291'457, ' ')),
            "RequestTooLargeException: Request must be smaller than 6291456 bytes for the "
            "InvokeFunction operation");
  EXPECT_EQ(refusal("Invoke", {{"FunctionName", "f"}, {"Qualifier", "7"}}, "{}"),
            "ResourceNotFoundException: Function not found: "
            "arn:aws:lambda:us-east-1:123456789012:function:f:7");
  EXPECT_EQ(call("Invoke", {{"FunctionName", "f"}}).payload, "{}");
}

TEST_F(LambdaTest, IdleInstancesAreFrozenThenEnd) {
  start({.durations = {.idle = std::chrono::milliseconds(2'500),
                       .freeze = std::chrono::milliseconds(1)}});
  create();
  EXPECT_EQ(invoke("count").payload, "1");
  core::Timer pause(loop_.get_executor(), std::chrono::milliseconds(1'200));
  bool rested = false;
  pause.async_wait([&](const boost::system::error_code&) { rested = true; });
  run_until([&] { return rested; });
  EXPECT_EQ(invoke("count").payload, "2");  // thawed
  rested = false;
  pause.expires_after(std::chrono::milliseconds(4'000));
  pause.async_wait([&](const boost::system::error_code&) { rested = true; });
  run_until([&] { return rested; });
  EXPECT_EQ(invoke("count").payload, "1");  // a new one
}

}  // namespace
}  // namespace tandem::lambda
