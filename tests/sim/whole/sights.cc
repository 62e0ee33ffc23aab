#include "tests/sim/whole/sights.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>

#include "topology/cloud.h"
#include "topology/links.h"

namespace tandem::sim {
namespace {

constexpr std::chrono::minutes kQuiet{20};

std::string get(Cloud& cloud, const Machine& region, std::string path) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = path;
  net::HttpTarget target;
  target.address = cloud.config().find_region(region.name())->address;
  target.port = cloud.config().ports.http;
  return cloud
      .as_operator("reading " + path, cloud.http().send(std::move(target), std::move(request)),
                   1min)
      .body;
}

/// Newest first, as the API gives them.
Task<json::array> events_of(topology::Cloud* reader, std::string region, std::string stack) {
  json::array all;
  json::object input{{"StackName", stack}};
  for (;;) {
    const json::object page =
        co_await reader->call(region, "cloudformation", "DescribeStackEvents", input);
    for (const auto& event : page.at("StackEvents").as_array()) all.push_back(event);
    const std::string next = json::string_or(page, "NextToken");
    if (next.empty()) co_return all;
    input["NextToken"] = next;
  }
}

std::int64_t time_us(const json::object& event) {
  return static_cast<std::int64_t>(event.at("Timestamp").to_number<double>() * 1e6);
}

/// events: newest first.
bool outlived(const json::array& events, Absence absence) {
  std::int64_t began_us = INT64_MAX;
  for (auto at = events.rbegin(); at != events.rend(); ++at) {
    const json::object& event = at->as_object();
    if (json::string_or(event, "ResourceType") != "AWS::CloudFormation::Stack") continue;
    const std::string status = json::string_or(event, "ResourceStatus");
    const std::int64_t when_us = time_us(event);
    if (json::string_or(event, "ResourceStatusReason") == "User Initiated") began_us = when_us;
    const bool ended = status.ends_with("_COMPLETE") || status.ends_with("_FAILED");
    if (ended && began_us <= absence.died_us && when_us >= absence.back_us) return true;
  }
  return false;
}

Task<bool> any_outlived(Cloud* cloud, std::string region, Absence absence) {
  topology::Cloud reader(cloud->api());
  const auto stacks = co_await reader.stacks(region);
  for (const topology::StackState& stack : stacks) {
    const json::array events = co_await events_of(&reader, region, stack.id);
    if (outlived(events, absence)) co_return true;
  }
  co_return false;
}

Task<std::string> status_of(Cloud* cloud, std::string region) {
  topology::Cloud reader(cloud->api());
  try {
    const auto table = co_await reader.table(region, "todos");
    co_return table ? json::string_or(*table, "TableStatus") : "";
  } catch (const aws::ApiError&) {
    co_return "";
  }
}

/// Empty when every link is connected and nothing is pending, else what is not.
std::string unrest(Cloud& cloud) {
  for (Machine* region : cloud.regions()) {
    try {
      const auto links = cloud.as_operator(
          "reading links", topology::links_of(&cloud.http(), &cloud.config(), region->name(), 10s),
          1min);
      for (const auto& [peer, link] : links) {
        if (link.works() && link.pending == 0 && link.snapshots_owed == 0) continue;
        return fmt::format("{} to {}: {}, {} pending, {} snapshots owed, {}{}{}", region->name(),
                           peer, link.state, link.pending, link.snapshots_owed, link.reason,
                           link.refused_by_peer, link.refuses_peer);
      }
    } catch (const std::exception& error) {
      return region->name() + ": " + error.what();
    }
  }
  return "";
}

}  // namespace

std::set<Mark> conflicts_listed(Cloud& cloud) {
  std::set<Mark> seen;
  for (const Machine* region : cloud.regions()) {
    const auto document = json::parse_text(get(cloud, *region, "/_tandem/conflicts"));
    for (const auto& value : document.value().as_object().at("Conflicts").as_array()) {
      const json::object& conflict = value.as_object();
      const bool put = json::string_or(conflict.at("Lost").as_object(), "Operation") == "Put";
      const bool to_put = json::string_or(conflict.at("Winner").as_object(), "Operation") == "Put";
      seen.insert(put ? (to_put ? Mark::kPutLostToPut : Mark::kPutLostToDelete)
                      : (to_put ? Mark::kDeleteLostToPut : Mark::kDeleteLostToDelete));
    }
  }
  return seen;
}

bool tombstones_collected(Cloud& cloud) {
  constexpr std::string_view kName = "\ntandem_replication_tombstones_collected_total ";
  const auto regions = cloud.regions();
  return std::any_of(regions.begin(), regions.end(), [&](const Machine* region) {
    const std::string text = get(cloud, *region, "/_tandem/metrics");
    const std::size_t at = text.find(kName);
    if (at == std::string::npos) throw Broken("there is no metric" + std::string(kName));
    return std::strtoull(text.c_str() + at + kName.size(), nullptr, 10) > 0;
  });
}

bool stack_operation_outlived(Cloud& cloud, const Machine& region, Absence absence) {
  return cloud.as_operator("reading stack events", any_outlived(&cloud, region.name(), absence),
                           1min);
}

std::string table_status(Cloud& cloud, const Machine& region) {
  return cloud.as_operator("describing the table", status_of(&cloud, region.name()), 1min);
}

bool is_left_out(Cloud& cloud, Machine& region) {
  const auto resolved = cloud.as_operator("a DNS query", cloud.resolve(), 1min);
  if (!resolved || resolved->addresses.empty()) return false;
  return std::ranges::find(resolved->addresses, region.host().address) == resolved->addresses.end();
}

void await_rest(Cloud& cloud) {
  const core::TimePoint end = cloud.time().now() + kQuiet;
  std::string why;
  do {
    if (cloud.time().now() > end) throw Broken("links do not come to rest: " + why);
    cloud.run_for(1s);
    why = unrest(cloud);
  } while (!why.empty());
}

}  // namespace tandem::sim
