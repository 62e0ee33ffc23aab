#include "global/alarm_states.h"

#include <chrono>
#include <utility>

namespace tandem::global {
namespace {

/// A region that does not answer by then says nothing.
constexpr std::chrono::milliseconds kPatience{2'000};

net::HttpTarget target_of(const service::Config& config, const std::string& name) {
  const service::RegionAddress* region = config.find_region(name);
  return {.address = region == nullptr ? "" : region->address, .port = config.ports.http};
}

std::optional<bool> state_in(const json::object& output) {
  for (const char* list : {"MetricAlarms", "CompositeAlarms"}) {
    const json::array* alarms = json::find_array(output, list);
    if (alarms == nullptr || alarms->empty()) continue;
    const std::string state = json::string_or(alarms->front().as_object(), "StateValue");
    if (state == "OK") return true;
    if (state == "ALARM") return false;
  }
  return std::nullopt;
}

}  // namespace

AlarmStates::AlarmStates(service::Node& node)
    : regions_(
          node.http_client(),
          [&node](const aws::ApiCall& call) { return target_of(node.config(), call.region); },
          {node.config().credentials.access_key_id, node.config().credentials.secret_access_key,
           ""},
          node.world().clock, "route53.amazonaws.com") {}

Task<std::optional<bool>> AlarmStates::is_ok(std::string region, std::string name) {
  aws::ApiCall call{std::move(region), "cloudwatch", "DescribeAlarms", {}, ""};
  json::array names;
  names.emplace_back(std::move(name));
  json::array types;
  types.emplace_back("MetricAlarm");
  types.emplace_back("CompositeAlarm");
  call.input["AlarmNames"] = std::move(names);
  call.input["AlarmTypes"] = std::move(types);
  try {
    const aws::ApiResult result = co_await regions_.call(std::move(call), kPatience);
    co_return state_in(result.output);
  } catch (const aws::ApiError&) {
    co_return std::nullopt;
  }
}

}  // namespace tandem::global
