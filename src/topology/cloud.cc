#include "topology/cloud.h"

#include <fmt/format.h>

namespace tandem::topology {
namespace {

constexpr std::chrono::milliseconds kPoll{25};
/// A minute.
constexpr int kChangeSetPolls = 2400;

}  // namespace

bool is_missing(const aws::ApiError& error) {
  return error.status() == 404 || error.code() == "ResourceNotFoundException" ||
         error.code().starts_with("NoSuch") ||
         error.message().find("does not exist") != std::string::npos;
}

bool can_only_be_deleted(std::string_view stack_status) {
  return stack_status == "ROLLBACK_COMPLETE" || stack_status == "DELETE_FAILED" ||
         stack_status == "ROLLBACK_FAILED" || stack_status == "REVIEW_IN_PROGRESS";
}

namespace {

std::map<std::string, std::string> pairs_in(const json::object& stack, std::string_view list,
                                            std::string_view key, std::string_view value) {
  std::map<std::string, std::string> pairs;
  const auto* entries = json::find_array(stack, list);
  if (entries == nullptr) return pairs;
  for (const json::value& entry : *entries) {
    pairs[json::string_or(entry.as_object(), key)] = json::string_or(entry.as_object(), value);
  }
  return pairs;
}

}  // namespace

std::map<std::string, std::string> outputs_of(const json::object& stack) {
  return pairs_in(stack, "Outputs", "OutputKey", "OutputValue");
}

std::map<std::string, std::string> parameters_of(const json::object& stack) {
  return pairs_in(stack, "Parameters", "ParameterKey", "ParameterValue");
}

std::map<std::string, std::string> replicas_of(const json::object& table) {
  std::map<std::string, std::string> replicas;
  if (const auto* list = json::find_array(table, "Replicas")) {
    for (const json::value& one : *list) {
      const json::object& replica = one.as_object();
      replicas[json::string_or(replica, "RegionName")] = json::string_or(replica, "ReplicaStatus");
    }
  }
  return replicas;
}

Task<json::object> Cloud::call(std::string region, std::string service, std::string operation,
                               json::object input, std::string payload) {
  aws::ApiCall request{region, service, operation, std::move(input), std::move(payload)};
  aws::ApiResult result = co_await api_.call(std::move(request));
  co_return std::move(result.output);
}

Task<json::array> Cloud::pages(std::string region, std::string service, std::string operation,
                               json::object input, Paging paging) {
  json::array all;
  for (;;) {
    json::object question = input;
    const json::object answer = co_await call(region, service, operation, std::move(question));
    if (const auto* list = json::find_array(answer, paging.list)) {
      all.insert(all.end(), list->begin(), list->end());
    }
    const json::value* token = json::find(answer, paging.token);
    if (token == nullptr) co_return all;
    input[paging.next] = *token;
  }
}

Task<std::vector<StackState>> Cloud::stacks(std::string region) {
  json::object input;
  Paging paging{"Stacks", "NextToken", "NextToken"};
  const json::array listed = co_await pages(region, "cloudformation", "DescribeStacks",
                                            std::move(input), std::move(paging));
  std::vector<StackState> found;
  for (const json::value& one : listed) {
    const json::object& stack = one.as_object();
    found.push_back({region, json::string_or(stack, "StackName"), json::string_or(stack, "StackId"),
                     json::string_or(stack, "StackStatus"), json::string_or(stack, "Description")});
  }
  co_return found;
}

Task<json::object> Cloud::stack(std::string region, std::string name) {
  json::object input{{"StackName", name}};
  try {
    const json::object answer =
        co_await call(region, "cloudformation", "DescribeStacks", std::move(input));
    const auto* stacks = json::find_array(answer, "Stacks");
    if (stacks != nullptr && !stacks->empty()) co_return stacks->front().as_object();
  } catch (const aws::ApiError& error) {
    if (!is_missing(error)) throw;
  }
  co_return json::object{};
}

Task<json::object> Cloud::stack_at_rest(std::string region, std::string name,
                                        std::chrono::seconds limit) {
  const auto deadline = core::TimerClock::now() + limit;
  for (;;) {
    json::object found = co_await stack(region, name);
    const std::string status = json::string_or(found, "StackStatus");
    // A stack in review is one that a change set was made for and never executed.
    const bool moving = status.ends_with("_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS";
    if (!moving) co_return found;
    if (core::TimerClock::now() > deadline) {
      throw DeployError(fmt::format("stack {} in {} is still in {} after {} s; try again later",
                                    name, region, status, limit.count()));
    }
    co_await core::sleep_for(kPoll);
  }
}

Task<std::vector<ResourceState>> Cloud::resources(std::string region, std::string stack) {
  std::vector<ResourceState> found;
  try {
    json::object input{{"StackName", stack}};
    Paging paging{"StackResourceSummaries", "NextToken", "NextToken"};
    const json::array listed = co_await pages(region, "cloudformation", "ListStackResources",
                                              std::move(input), std::move(paging));
    for (const json::value& one : listed) {
      const json::object& resource = one.as_object();
      if (json::string_or(resource, "ResourceStatus") == "DELETE_COMPLETE") continue;
      found.push_back({json::string_or(resource, "LogicalResourceId"),
                       json::string_or(resource, "ResourceType"),
                       json::string_or(resource, "PhysicalResourceId")});
    }
  } catch (const aws::ApiError& error) {
    if (!is_missing(error)) throw;
  }
  co_return found;
}

Task<json::object> Cloud::await_change_set(std::string region, std::string stack,
                                           std::string name) {
  const json::object input{{"StackName", stack}, {"ChangeSetName", name}};
  for (int poll = 0; poll < kChangeSetPolls; ++poll) {
    json::object question = input;
    json::object answer =
        co_await call(region, "cloudformation", "DescribeChangeSet", std::move(question));
    const std::string status = json::string_or(answer, "Status");
    if (status == "FAILED" || status.ends_with("_COMPLETE")) co_return answer;
    co_await core::sleep_for(kPoll);
  }
  throw DeployError(
      fmt::format("stack {} in {}: its change set is not ready; try again later", stack, region));
}

Task<std::vector<std::string>> Cloud::tables(std::string region) {
  json::object input;
  Paging paging{"TableNames", "LastEvaluatedTableName", "ExclusiveStartTableName"};
  const json::array listed =
      co_await pages(region, "dynamodb", "ListTables", std::move(input), std::move(paging));
  std::vector<std::string> names;
  for (const json::value& one : listed) names.push_back(json::to_std(one));
  co_return names;
}

Task<std::optional<json::object>> Cloud::table(std::string region, std::string name) {
  try {
    json::object input{{"TableName", name}};
    const json::object answer =
        co_await call(region, "dynamodb", "DescribeTable", std::move(input));
    if (const auto* table = json::find_object(answer, "Table")) co_return *table;
  } catch (const aws::ApiError& error) {
    if (!is_missing(error)) throw;
  }
  co_return std::nullopt;
}

Task<std::uint64_t> Cloud::count_items(std::string region, std::string table) {
  json::object input{{"TableName", table}, {"Select", "COUNT"}};
  std::uint64_t items = 0;
  for (;;) {
    json::object question = input;
    const json::object answer = co_await call(region, "dynamodb", "Scan", std::move(question));
    items += static_cast<std::uint64_t>(json::int_or(answer, "Count", 0));
    const json::value* last = json::find(answer, "LastEvaluatedKey");
    if (last == nullptr) co_return items;
    input["ExclusiveStartKey"] = *last;
  }
}

Task<std::vector<std::string>> Cloud::buckets(std::string region) {
  json::object input;
  const json::object answer = co_await call(region, "s3", "ListBuckets", std::move(input));
  std::vector<std::string> names;
  const auto* list = json::find_array(answer, "Buckets");
  if (list == nullptr) co_return names;
  // One account's buckets are listed from everywhere.
  for (const json::value& one : *list) {
    std::string name = json::string_or(one.as_object(), "Name");
    json::object question{{"Bucket", name}};
    const json::object home = co_await call(region, "s3", "GetBucketLocation", std::move(question));
    // "Buckets in Region us-east-1 have a LocationConstraint of null."
    std::string at = json::string_or(home, "LocationConstraint");
    if ((at.empty() ? "us-east-1" : at) == region) names.push_back(std::move(name));
  }
  co_return names;
}

Task<std::uint64_t> Cloud::count_objects(std::string region, std::string bucket) {
  json::object input{{"Bucket", bucket}};
  Paging paging{"Contents", "NextContinuationToken", "ContinuationToken"};
  const json::array listed =
      co_await pages(region, "s3", "ListObjectsV2", std::move(input), std::move(paging));
  co_return listed.size();
}

}  // namespace tandem::topology
