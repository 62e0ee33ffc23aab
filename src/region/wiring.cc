#include "region/wiring.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

#include "aws/arn.h"
#include "aws/error.h"
#include "core/log.h"
#include "core/text.h"
#include "store/store.h"

namespace tandem::region {
namespace {

using Outcome = apigateway::InvokeResult::Outcome;

Outcome outcome_of(lambda::InvokeResult::Status status) {
  using Status = lambda::InvokeResult::Status;
  switch (status) {
    case Status::kSucceeded:
      return Outcome::kOk;
    case Status::kThrottled:
      return Outcome::kThrottled;
    case Status::kNotPermitted:
      return Outcome::kPermissionMissing;
    case Status::kNotFound:
      return Outcome::kNotFound;
    case Status::kFunctionError:
    case Status::kTimedOut:
    case Status::kUnavailable:
      return Outcome::kFunctionError;
  }
  return Outcome::kFunctionError;
}

/// An invocation that may outlive its caller's patience.
struct Invocation {
  explicit Invocation(asio::any_io_executor executor) : ended(executor) {}
  core::Timer ended;
  std::optional<lambda::InvokeResult> result;
};

template <class Line>
std::vector<logs::LogEvent> events_of(std::vector<Line> lines) {
  std::vector<logs::LogEvent> events;
  events.reserve(lines.size());
  for (Line& line : lines) {
    events.push_back({.timestamp_ms = line.timestamp_ms, .message = std::move(line.message)});
  }
  return events;
}

}  // namespace

void FunctionLogs::write(std::string_view group, std::string_view stream,
                         std::vector<lambda::LogLine> lines) {
  logs_.append(group, stream, events_of(std::move(lines)));
}

void BuildLogs::write(std::string_view group, std::string_view stream,
                      std::vector<codebuild::LogLine> lines) {
  logs_.append(group, stream, events_of(std::move(lines)));
}

events::FunctionTargets::Answer EventFunctions::invoke_later(const std::string& function_arn,
                                                             std::string payload,
                                                             std::string rule_arn) {
  using Taken = lambda::LambdaService::Taken;
  const lambda::Invoker invoker{.principal = "events.amazonaws.com",
                                .source_arn = std::move(rule_arn)};
  switch (functions_.invoke_later(function_arn, std::move(payload), invoker)) {
    case Taken::kYes:
      return Answer::kAccepted;
    case Taken::kNotFound:
      return Answer::kNotFound;
    case Taken::kNotPermitted:
      return Answer::kNotPermitted;
    case Taken::kTooLarge:
      return Answer::kRefused;
    case Taken::kFull:
      return Answer::kFull;
  }
  return Answer::kFull;
}

cloudwatch::FunctionActions::Answer AlarmFunctions::invoke_later(const std::string& function_arn,
                                                                 std::string payload,
                                                                 std::string alarm_arn) {
  using Taken = lambda::LambdaService::Taken;
  const lambda::Invoker invoker{.principal = "lambda.alarms.cloudwatch.amazonaws.com",
                                .source_arn = std::move(alarm_arn)};
  switch (functions_->invoke_later(function_arn, std::move(payload), invoker)) {
    case Taken::kYes:
      return Answer::kAccepted;
    case Taken::kNotFound:
      return Answer::kNotFound;
    case Taken::kNotPermitted:
      return Answer::kNotPermitted;
    case Taken::kTooLarge:
      return Answer::kRefused;
    case Taken::kFull:
      return Answer::kFull;
  }
  return Answer::kFull;
}

Task<std::optional<std::string>> AlarmPolicies::alarm_fired(Fired fired) {
  // "Scaling policies are invoked by alarms in ALARM": the other states ask for nothing.
  if (fired.state != "ALARM") co_return std::nullopt;
  co_return co_await scaling_->alarm_fired(std::move(fired.policy_arn), std::move(fired.alarm),
                                           std::move(fired.data));
}

bool EventLogs::append(std::string_view group, std::string_view stream, std::int64_t timestamp_ms,
                       std::string message) {
  if (!logs_.has_group(group)) return false;
  logs_.append(group, stream, timestamp_ms, std::move(message));
  return true;
}

void PipelineEvents::put(json::object event) {
  try {
    events_.put(std::move(event));
  } catch (const store::StoreError& error) {
    // What it tells of has happened, and goes on.
    log::warning("an event of CodePipeline's is lost: {}", error.message);
  }
}

Task<std::string> FunctionCode::read_object(std::string bucket, std::string key,
                                            std::string version) {
  if (!objects_.bucket(bucket)) {
    const auto region = co_await objects_.find_elsewhere(bucket);
    // As Lambda says it (hashicorp/terraform#16821 and many more).
    if (region) {
      throw aws::ApiError(301, "PermanentRedirect",
                          fmt::format("The bucket is in this region: {}. Please use this region "
                                      "to retry the request",
                                      *region));
    }
    throw aws::ApiError(404, "NoSuchBucket", "The specified bucket does not exist");
  }
  // More than what Lambda takes unpacked ("Lambda quotas": 250 MB), which is checked afterwards.
  constexpr std::uint64_t kLargestPackage = 300ULL * 1024 * 1024;
  const bool named = !version.empty();
  auto object = co_await objects_.read_object(std::move(bucket), std::move(key), std::move(version),
                                              kLargestPackage);
  if (!object && named) {
    throw aws::ApiError(404, "NoSuchVersion", "The specified version does not exist.");
  }
  if (!object) throw aws::ApiError(404, "NoSuchKey", "The specified key does not exist.");
  co_return std::move(*object);
}

Task<apigateway::InvokeResult> GatewayFunctions::invoke(std::string function_arn,
                                                        std::string payload, std::string source_arn,
                                                        std::chrono::milliseconds timeout) {
  const auto executor = co_await asio::this_coro::executor;
  const auto invocation = std::make_shared<Invocation>(executor);
  invocation->ended.expires_after(timeout);
  lambda::Invoker invoker{.principal = "apigateway.amazonaws.com",
                          .source_arn = std::move(source_arn)};
  asio::co_spawn(executor,
                 functions_.invoke(std::move(function_arn), std::move(payload), std::move(invoker)),
                 [invocation](const std::exception_ptr& escaped, lambda::InvokeResult result) {
                   if (escaped) {
                     log::error("an invocation for API Gateway failed");
                     result.status = lambda::InvokeResult::Status::kUnavailable;
                   }
                   invocation->result = std::move(result);
                   invocation->ended.cancel();
                 });
  if (!invocation->result) {
    boost::system::error_code ignored;
    co_await invocation->ended.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  apigateway::InvokeResult answer{.outcome = Outcome::kTimeout};
  if (invocation->result) {
    answer.outcome = outcome_of(invocation->result->status);
    answer.payload = std::move(invocation->result->payload);
  }
  co_return answer;
}

Outcome GatewayFunctions::invoke_later(const std::string& function_arn, std::string payload,
                                       std::string source_arn) {
  using Taken = lambda::LambdaService::Taken;
  const lambda::Invoker invoker{.principal = "apigateway.amazonaws.com",
                                .source_arn = std::move(source_arn)};
  switch (functions_.invoke_later(function_arn, std::move(payload), invoker)) {
    case Taken::kYes:
      return Outcome::kOk;
    case Taken::kNotFound:
      return Outcome::kNotFound;
    case Taken::kNotPermitted:
      return Outcome::kPermissionMissing;
    case Taken::kTooLarge:
      return Outcome::kTooLarge;
    case Taken::kFull:
      return Outcome::kThrottled;
  }
  return Outcome::kThrottled;
}

/// A function's session is of no keeper but its own region: its role says whose it is. ARNs: IAM
/// User Guide, "IAM identifiers"; user ids: "Where you can use policy variables", aws:userid.
std::optional<std::string> HeardCallers::find_user_id(std::string_view access_key_id,
                                                      std::string_view arn) const {
  if (const auto session = heard_.find("sessions", access_key_id)) {
    return json::find_string(*session, "UserId");
  }
  const auto parsed = aws::Arn::parse(arn);
  if (!parsed) return std::nullopt;
  const std::vector<std::string_view> parts = core::split(parsed->resource, '/');
  if (parts.size() >= 2 && parts.front() == "user") {
    const auto user = heard_.find("users", core::to_lower(parts.back()));
    if (user && json::string_or(*user, "Arn") == arn) return json::find_string(*user, "UserId");
  }
  if (parts.size() == 3 && parts.front() == "assumed-role") {
    const auto role = heard_.find("roles", core::to_lower(parts[1]));
    if (role) return fmt::format("{}:{}", json::string_or(*role, "RoleId"), parts.back());
  }
  return std::nullopt;
}

std::optional<apigateway::StoredCertificate> GatewayCertificates::find(std::string_view arn) const {
  auto found = certificates_.find(arn);
  if (!found) return std::nullopt;
  return apigateway::StoredCertificate{std::move(found->certificate), std::move(found->names)};
}

}  // namespace tandem::region
