#include "topology/app_check.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>

#include "aws/error.h"
#include "core/timer.h"
#include "net/endpoint_probe.h"
#include "topology/cloud.h"
#include "topology/stacks.h"

namespace tandem::topology {
namespace {

using Clock = core::TimerClock;

constexpr std::chrono::seconds kTableLimit{60};
constexpr std::chrono::seconds kAnswerLimit{3};
/// Where nothing comes at all: a machine that is busy for a moment is no broken application.
constexpr std::chrono::seconds kSilenceLimit{15};
/// Also when a first answer takes longer than the limit: a function may have had a slow start.
constexpr int kLeastAsked = 3;
constexpr std::chrono::milliseconds kPoll{50};
/// As long as Route 53 waits for the answer once it is connected.
constexpr std::chrono::milliseconds kPatience{2'000};
constexpr std::string_view kTooLate = "no answer within 2 s, which is as long as Route 53 waits";
constexpr std::size_t kShownBytes = 300;

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() > kShownBytes) text.resize(kShownBytes);
  return text;
}

/// Lines the platform writes about an invocation; the rest is the function's, or says what failed.
bool is_platform_line(std::string_view line) {
  constexpr std::array<std::string_view, 5> kStarts{
      "START RequestId", "END RequestId", "REPORT RequestId", "INIT_START", "INIT_REPORT"};
  return std::any_of(kStarts.begin(), kStarts.end(),
                     [&](std::string_view start) { return line.starts_with(start); });
}

/// What API Gateway would send a function that serves the health check's path.
json::object proxy_event(const Topology& topology) {
  const std::string path =
      topology.health_check.path.substr(0, topology.health_check.path.find('?'));
  return {{"resource", path},
          {"path", path},
          {"httpMethod", "GET"},
          {"headers", json::object{{"Host", topology.domain}}},
          {"multiValueHeaders", json::object{{"Host", json::array{topology.domain}}}},
          {"queryStringParameters", nullptr},
          {"multiValueQueryStringParameters", nullptr},
          {"pathParameters", nullptr},
          {"stageVariables", nullptr},
          {"requestContext", json::object{{"path", path},
                                          {"resourcePath", path},
                                          {"httpMethod", "GET"},
                                          {"stage", topology.stage},
                                          {"domainName", topology.domain}}},
          {"body", nullptr},
          {"isBase64Encoded", false}};
}

/// Why there is no answer, in words; "" when there is one.
std::string why_none(const net::EndpointSight& seen) {
  using Outcome = net::EndpointSight::Outcome;
  switch (seen.outcome) {
    case Outcome::kConnected:
    case Outcome::kAnswered:
      return "";
    case Outcome::kConnectTimeout:
      return "no connection in time";
    case Outcome::kHeadTimeout:
    case Outcome::kBodyTimeout:
      return std::string(kTooLate);
    case Outcome::kConnectFailed:
    case Outcome::kTlsFailed:
    case Outcome::kClosed:
    case Outcome::kMalformed:
      break;
  }
  return seen.detail;
}

}  // namespace

std::string text_of(const AppAnswer& answer) {
  const bool refuses = answer.status > 0 && answer.status < 500;
  return fmt::format(
      "the application {} in {}: GET {}: {}{}{}{}{}", refuses ? "is unhealthy" : "does not answer",
      answer.region, answer.asked, answer.status == 0 ? "" : fmt::format("{} ", answer.status),
      answer.reason,
      refuses ? "; Route 53 takes 2xx and 3xx for healthy, and asks without a key" : "",
      answer.functions.empty() ? "" : "; ", answer.functions);
}

Task<std::vector<AppAnswer>> AppCheck::ask(Topology topology) {
  std::vector<AppAnswer> answers;
  for (const Region& region : topology.regions) {
    AppAnswer answer{.region = region.name, .asked = topology.health_check.path};
    try {
      co_await await_table(topology, region.name);
      answer = co_await ask_region(topology, region.name);
    } catch (const aws::ApiError& error) {
      // The process ended meanwhile.
      answer.reason = one_line(error.code() + ": " + error.message());
    }
    answers.push_back(std::move(answer));
  }
  co_return answers;
}

/// A replica serves nothing before it has been filled. One that stays so shows in the answer.
Task<void> AppCheck::await_table(Topology topology, std::string region) {
  Cloud cloud(api_);
  const auto deadline = Clock::now() + kTableLimit;
  while (Clock::now() < deadline) {
    const auto table = co_await cloud.table(region, topology.table.name);
    if (!table || json::string_or(*table, "TableStatus") != "CREATING") co_return;
    co_await core::sleep_for(kPoll);
  }
}

Task<AppAnswer> AppCheck::ask_region(Topology topology, std::string region) {
  const auto start = Clock::now();
  for (int asked = 1;; ++asked) {
    Asked now = co_await ask_domain(topology, region);
    if (now.answer.good()) now = co_await ask_as_checkers(topology, region);
    if (now.answer.good()) co_return std::move(now.answer);
    const bool silent = now.answer.status == 0;
    const auto deadline = start + (silent ? kSilenceLimit : kAnswerLimit);
    if (asked >= kLeastAsked && Clock::now() > deadline) {
      if (now.by == By::kFunction) {
        now.answer.functions = co_await function_errors(topology, region);
      }
      co_return std::move(now.answer);
    }
    co_await core::sleep_for(kPoll);
  }
}

Task<AppCheck::Asked> AppCheck::ask_domain(Topology topology, std::string region) {
  net::HttpTarget target{.address = config_.find_region(region)->address,
                         .port = config_.ports.https,
                         .tls = true,
                         .server_name = topology.domain};
  net::HttpRequest request{.method = "GET", .target = topology.health_check.path};
  request.headers.set("Host", topology.domain);
  Asked asked{{.region = region, .asked = topology.health_check.path}};
  try {
    const net::HttpResponse response =
        co_await http_.send(std::move(target), std::move(request), kPatience);
    asked.answer.status = response.status;
    asked.answer.reason = one_line(response.body);
    // API Gateway Developer Guide, "Gateway response types": its own answers bear this header.
    if (!response.headers.get_or("x-amzn-errortype").empty() && response.status < 500) {
      asked.by = By::kGateway;
    }
  } catch (const net::NetError& error) {
    const bool late = error.kind == net::NetError::Kind::kTimeout;
    asked.answer.reason = late ? std::string(kTooLate) : error.message;
  }
  co_return asked;
}

Task<AppCheck::Asked> AppCheck::ask_as_checkers(Topology topology, std::string region) {
  Cloud cloud(api_);
  const json::object stack = co_await cloud.stack(region, app_stack_name(topology));
  const auto outputs = outputs_of(stack);
  const auto api = outputs.find("ApiId");
  const auto stage = outputs.find("StageName");
  Asked asked{{.region = region, .asked = topology.health_check.path}};
  if (api == outputs.end() || stage == outputs.end()) {
    asked.answer.reason = "its stack has no outputs ApiId and StageName";
    co_return asked;
  }
  const std::string host = fmt::format("{}.execute-api.{}.amazonaws.com", api->second, region);
  const std::string path = "/" + stage->second + topology.health_check.path;
  asked.answer.asked = "https://" + host + path;
  net::EndpointProbe look{.address = config_.find_region(region)->address,
                          .port = config_.ports.https,
                          .tls = true,
                          .server_name = host};
  look.request =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", path, host);
  look.body_bytes = kShownBytes;
  const auto executor = co_await asio::this_coro::executor;
  net::TcpEndpointProber prober(executor);
  const net::EndpointSight seen = co_await prober.look(std::move(look));
  asked.answer.reason = why_none(seen);
  if (!asked.answer.reason.empty()) co_return asked;
  asked.answer.status = seen.status;
  asked.answer.reason = one_line(seen.body);
  // The function has just answered the domain well.
  if (seen.status < 500) asked.by = By::kGateway;
  co_return asked;
}

Task<std::string> AppCheck::function_errors(Topology topology, std::string region) {
  Cloud cloud(api_);
  const auto resources = co_await cloud.resources(region, app_stack_name(topology));
  std::vector<std::string> functions;
  for (const ResourceState& one : resources) {
    if (one.type == "AWS::Lambda::Function") functions.push_back(one.physical_id);
  }
  std::string errors;
  for (const std::string& function : functions) {
    std::string error;
    try {
      // Of several functions only the one that serves the path may be given its event.
      if (functions.size() == 1) error = co_await invoke_error(topology, region, function);
      if (error.empty()) error = co_await last_logged(region, function);
    } catch (const aws::ApiError& refused) {
      error = refused.code() + ": " + refused.message();
    }
    if (error.empty()) continue;
    errors += fmt::format("{}function {}: {}", errors.empty() ? "" : "; ", function,
                          one_line(std::move(error)));
  }
  co_return errors;
}

/// The error of an invocation as the health check's would be; "" when there is none.
Task<std::string> AppCheck::invoke_error(Topology topology, std::string region,
                                         std::string function) {
  aws::ApiCall invoke{region, "lambda", "Invoke", json::object{{"FunctionName", function}},
                      json::to_text(proxy_event(topology))};
  const aws::ApiResult result = co_await api_.call(std::move(invoke));
  if (json::string_or(result.output, "FunctionError").empty()) co_return "";
  const auto parsed = json::parse_text(result.payload);
  if (!parsed || !parsed.value().is_object()) co_return result.payload;
  const json::object& error = parsed.value().as_object();
  std::string message = json::string_or(error, "errorMessage");
  constexpr std::string_view kError = " Error: ";
  const auto id = message.starts_with("RequestId: ") ? message.find(kError) : std::string::npos;
  if (id != std::string::npos) message.erase(0, id + kError.size());
  co_return json::string_or(error, "errorType") + ": " + message;
}

/// The last line in its log group that is not the platform's own.
Task<std::string> AppCheck::last_logged(std::string region, std::string function) {
  Cloud cloud(api_);
  const std::string group = "/aws/lambda/" + function;
  std::string last;
  try {
    json::object newest{
        {"logGroupName", group}, {"orderBy", "LastEventTime"}, {"descending", true}, {"limit", 1}};
    const json::object streams =
        co_await cloud.call(region, "logs", "DescribeLogStreams", std::move(newest));
    const auto* list = json::find_array(streams, "logStreams");
    if (list == nullptr || list->empty()) co_return "";
    json::object tail{
        {"logGroupName", group},
        {"logStreamName", json::string_or(list->front().as_object(), "logStreamName")},
        {"startFromHead", false},
        {"limit", 50}};
    const json::object answer =
        co_await cloud.call(region, "logs", "GetLogEvents", std::move(tail));
    if (const auto* events = json::find_array(answer, "events")) {
      for (const json::value& one : *events) {
        std::string line = json::string_or(one.as_object(), "message");
        if (!is_platform_line(line)) last = std::move(line);
      }
    }
  } catch (const aws::ApiError& error) {
    if (!is_missing(error)) throw;
  }
  co_return last;
}

}  // namespace tandem::topology
