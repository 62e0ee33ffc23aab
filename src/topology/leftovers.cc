#include "topology/leftovers.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>
#include <tuple>

namespace tandem::topology {
namespace {

constexpr std::string_view kStage = "AWS::ApiGateway::Stage";
constexpr std::string_view kDeployment = "AWS::ApiGateway::Deployment";
/// A deployment goes once no stage points to it, and an API takes with it what is left in it.
constexpr std::array kInOrder{kStage, kDeployment, std::string_view("AWS::ApiGateway::RestApi")};

auto place_of(std::string_view type) { return std::find(kInOrder.begin(), kInOrder.end(), type); }

std::string api_of(const json::object& event) {
  const auto properties = json::parse_text(json::string_or(event, "ResourceProperties"));
  if (!properties || !properties.value().is_object()) return "";
  return json::string_or(properties.value().as_object(), "RestApiId");
}

json::object names_of(const Leftover& leftover) {
  if (leftover.type == kStage) {
    return {{"restApiId", leftover.api_id}, {"stageName", leftover.physical_id}};
  }
  if (leftover.type == kDeployment) {
    return {{"restApiId", leftover.api_id}, {"deploymentId", leftover.physical_id}};
  }
  return {{"restApiId", leftover.physical_id}};
}

std::string_view kind_of(const Leftover& leftover) {
  return std::string_view(leftover.type).substr(std::string_view("AWS::ApiGateway::").size());
}

/// Of the names only a stage's can be somebody's again; ids are given out once.
Task<bool> is_there(Cloud* cloud, std::string region, Leftover leftover) {
  json::object input = names_of(leftover);
  std::string operation = fmt::format("Get{}", kind_of(leftover));
  try {
    const json::object found =
        co_await cloud->call(region, "apigateway", std::move(operation), std::move(input));
    co_return leftover.type != kStage ||
        json::find_number(found, "createdDate").value_or(0) <= leftover.since_s;
  } catch (const aws::ApiError& error) {
    if (!is_missing(error)) throw;
  }
  co_return false;
}

}  // namespace

bool may_be_left(std::string_view type) { return place_of(type) != kInOrder.end(); }

std::vector<Leftover> leftovers_in(const json::array& events,
                                   const std::vector<ResourceState>& present) {
  std::set<std::tuple<std::string, std::string, std::string>> judged;
  std::vector<Leftover> found;
  for (const json::value& one : events) {
    const json::object& event = one.as_object();
    Leftover leftover{json::string_or(event, "LogicalResourceId"),
                      json::string_or(event, "ResourceType"),
                      json::string_or(event, "PhysicalResourceId"), api_of(event),
                      json::find_number(event, "Timestamp").value_or(0)};
    if (!may_be_left(leftover.type) || leftover.physical_id.empty()) continue;
    const bool is_newest =
        judged.emplace(leftover.type, leftover.api_id, leftover.physical_id).second;
    if (!is_newest || json::string_or(event, "ResourceStatus") != "DELETE_FAILED") continue;
    const bool is_present =
        std::any_of(present.begin(), present.end(), [&](const ResourceState& resource) {
          return resource.type == leftover.type && resource.physical_id == leftover.physical_id;
        });
    if (!is_present) found.push_back(std::move(leftover));
  }
  std::stable_sort(found.begin(), found.end(), [](const Leftover& a, const Leftover& b) {
    return place_of(a.type) < place_of(b.type);
  });
  return found;
}

Task<std::vector<Leftover>> find_leftovers(Cloud cloud, std::string region, std::string stack) {
  const std::vector<ResourceState> present = co_await cloud.resources(region, stack);
  if (present.empty()) co_return std::vector<Leftover>{};
  json::object input{{"StackName", stack}};
  Cloud::Paging paging{"StackEvents", "NextToken", "NextToken"};
  const json::array events = co_await cloud.pages(region, "cloudformation", "DescribeStackEvents",
                                                  std::move(input), std::move(paging));
  // Events stay when what they tell of has long been deleted.
  std::vector<Leftover> there;
  for (const Leftover& one : leftovers_in(events, present)) {
    const bool is_left = co_await is_there(&cloud, region, one);
    if (is_left) there.push_back(one);
  }
  co_return there;
}

Task<std::string> remove_leftover(Cloud cloud, std::string region, Leftover leftover) {
  const std::string operation = fmt::format("Delete{}", kind_of(leftover));
  try {
    bool is_gone = false;
    if (leftover.type == kStage) is_gone = !co_await is_there(&cloud, region, leftover);
    if (is_gone) co_return "";
    json::object input = names_of(leftover);
    co_await cloud.call(region, "apigateway", operation, std::move(input));
  } catch (const aws::ApiError& error) {
    if (is_missing(error)) co_return "";
    // Somebody else's mapping or usage plan points to it.
    if (error.status() == 400) co_return error.message();
    throw;
  }
  co_return "";
}

}  // namespace tandem::topology
