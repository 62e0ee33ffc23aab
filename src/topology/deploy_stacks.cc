// One stack at a time, or several side by side: create, update, delete, and wait for the end.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <chrono>
#include <exception>
#include <fmt/format.h>
#include <set>
#include <variant>

#include "aws/error.h"
#include "core/ids.h"
#include "core/timer.h"
#include "topology/deploy.h"
#include "topology/leftovers.h"

namespace tandem::topology {
namespace {

bool is_failure(std::string_view status) {
  return status.ends_with("_FAILED") || status.find("ROLLBACK") != std::string_view::npos;
}

bool is_final(std::string_view status) {
  return status.ends_with("_COMPLETE") || status.ends_with("_FAILED");
}

}  // namespace

/// Follows the events of the operation that carries token until the stack is at rest. Returns the
/// first failure's reason, or "" when all went well.
Task<std::string> Deployer::await_stack(std::string region, std::string stack_id, std::string name,
                                        std::string token, Deletions deletions) {
  std::set<std::string> seen;
  std::string failure;
  const auto deadline = core::TimerClock::now() + options_.limit;
  for (;;) {
    json::object input{{"StackName", stack_id}};
    const json::object answer =
        co_await cloud_.call(region, "cloudformation", "DescribeStackEvents", std::move(input));
    std::string ended;
    const auto* events = json::find_array(answer, "StackEvents");
    for (std::size_t i = events == nullptr ? 0 : events->size(); i-- > 0;) {
      const json::object& event = (*events)[i].as_object();
      if (json::string_or(event, "ClientRequestToken") != token) continue;
      if (!seen.insert(json::string_or(event, "EventId")).second) continue;
      Progress step{region,
                    name,
                    json::string_or(event, "LogicalResourceId"),
                    json::string_or(event, "ResourceType"),
                    json::string_or(event, "ResourceStatus"),
                    json::string_or(event, "ResourceStatusReason")};
      const bool tried_again = deletions == Deletions::kMayFail && step.status == "DELETE_FAILED" &&
                               may_be_left(step.type);
      if (tried_again) continue;
      if (progress_) progress_(step);
      if (failure.empty() && step.status.ends_with("_FAILED") && !step.reason.empty() &&
          step.reason.find("cancelled") == std::string::npos) {
        failure = fmt::format("{} ({}): {}", step.resource, step.type, step.reason);
      }
      const bool of_stack = json::string_or(event, "PhysicalResourceId") == stack_id;
      if (of_stack && is_final(step.status)) ended = step.status;
    }
    if (!ended.empty()) {
      const bool failed = is_failure(ended);
      co_return failed ? (failure.empty() ? "it ended in " + ended : failure) : std::string();
    }
    if (core::TimerClock::now() > deadline) {
      co_return fmt::format("it has not ended after {} s", options_.limit.count());
    }
    co_await core::sleep_for(options_.poll);
  }
}

Task<Deployer::Applied> Deployer::apply_stack(StackSpec spec) {
  core::SystemRandom random;
  const std::string token = core::uuid4(random);
  json::object before = co_await cloud_.stack_at_rest(spec.region, spec.name);
  std::string status = json::string_or(before, "StackStatus");
  if (status == "UPDATE_ROLLBACK_FAILED") {
    throw DeployError(fmt::format(
        "stack {} in {} is in {}: an update failed and could not be undone; 'tandem destroy --yes' "
        "and 'tandem up' start over",
        spec.name, spec.region, status));
  }
  if (can_only_be_deleted(status)) {
    co_await delete_stack(spec.region, spec.name);
    before = json::object{};
    status.clear();
  }
  const bool create = before.empty();
  json::object input = stack_request(spec);
  input["ClientRequestToken"] = token;
  Applied applied{{spec.region, spec.name, create ? Outcome::kCreated : Outcome::kUpdated}, {}};
  std::string stack_id;
  try {
    const json::object answer = co_await cloud_.call(
        spec.region, "cloudformation", create ? "CreateStack" : "UpdateStack", std::move(input));
    stack_id = json::string_or(answer, "StackId");
  } catch (const aws::ApiError& error) {
    if (error.message() != "No updates are to be performed.") {
      throw DeployError(fmt::format("stack {} in {}: {}", spec.name, spec.region, error.message()));
    }
    applied.result.outcome = Outcome::kUnchanged;
  }
  if (applied.result.outcome != Outcome::kUnchanged) {
    const std::string failure =
        co_await await_stack(spec.region, stack_id, spec.name, token, Deletions::kMayFail);
    if (!failure.empty()) {
      throw DeployError(fmt::format("stack {} in {} failed: {}", spec.name, spec.region, failure));
    }
    before = co_await cloud_.stack(spec.region, spec.name);
  }
  applied.outputs = outputs_of(before);
  co_return applied;
}

/// Side by side; the first failure is thrown once all have ended.
Task<std::vector<Deployer::Applied>> Deployer::apply_stacks(std::vector<StackSpec> specs) {
  using Result = std::variant<std::monostate, Applied, std::exception_ptr>;
  auto results = std::make_shared<std::vector<Result>>(specs.size());
  const auto executor = co_await asio::this_coro::executor;
  asio::experimental::channel<void(boost::system::error_code)> ended(executor, specs.size());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    asio::co_spawn(executor, apply_stack(specs[i]),
                   [results, i, &ended](std::exception_ptr failure, Applied applied) {
                     if (failure) {
                       (*results)[i] = failure;
                     } else {
                       (*results)[i] = std::move(applied);
                     }
                     ended.try_send(boost::system::error_code());
                   });
  }
  for (std::size_t i = 0; i < specs.size(); ++i) co_await ended.async_receive(asio::use_awaitable);
  std::vector<Applied> all;
  for (Result& result : *results) {
    if (const auto* failure = std::get_if<std::exception_ptr>(&result)) {
      std::rethrow_exception(*failure);
    }
    all.push_back(std::get<Applied>(std::move(result)));
  }
  co_return all;
}

Task<std::vector<StackResult>> Deployer::apply(std::vector<StackSpec> specs) {
  const std::vector<Applied> applied = co_await apply_stacks(std::move(specs));
  std::vector<StackResult> results;
  for (const Applied& one : applied) results.push_back(one.result);
  co_return results;
}

Task<void> Deployer::delete_stack(std::string region, std::string name) {
  const json::object stack = co_await cloud_.stack_at_rest(region, name);
  if (stack.empty()) co_return;
  core::SystemRandom random;
  const std::string token = core::uuid4(random);
  const std::string stack_id = json::string_or(stack, "StackId");
  json::object input{{"StackName", stack_id}, {"ClientRequestToken", token}};
  co_await cloud_.call(region, "cloudformation", "DeleteStack", std::move(input));
  const std::string failure =
      co_await await_stack(region, stack_id, name, token, Deletions::kAreTheTask);
  if (!failure.empty()) {
    throw DeployError(fmt::format("deleting stack {} in {} failed: {}", name, region, failure));
  }
}

}  // namespace tandem::topology
