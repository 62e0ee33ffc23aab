#include "topology/obstacles.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/clock.h"
#include "service/own_paths.h"
#include "topology/cloud.h"
#include "topology/stacks.h"

namespace tandem::topology {
namespace {

class Obstacles {
 public:
  Obstacles(aws::Api& api, net::HttpClient& http, const service::Config& config, Topology topology)
      : cloud_(api), http_(http), config_(config), topology_(std::move(topology)) {}

  Task<std::vector<std::string>> find(std::vector<Loss> losses) {
    for (const Loss& loss : losses) {
      const bool by_folder = co_await goes_with_the_folder(loss);
      if (by_folder) continue;
      if (loss.is_table()) {
        co_await protection(loss);
        co_await source_rule(loss);
      } else if (loss.count.value_or(0) > 0) {
        // Amazon S3 API reference, DeleteBucket: all objects must be deleted first.
        found_.push_back(fmt::format(
            "{0}: bucket {1} holds {2} object{3}, and only an empty one can be deleted: 'tandem "
            "exec -- aws s3 rm --recursive s3://{1} --region {0}'",
            loss.region, loss.name, *loss.count, *loss.count == 1 ? "" : "s"));
      }
    }
    co_return std::move(found_);
  }

 private:
  /// What was made by hand in a region that leaves is asked nothing: it goes when its processes
  /// have ended. What the topology made there is deleted through AWS's API before that.
  Task<bool> goes_with_the_folder(Loss loss) {
    if (loss.why != Loss::Why::kRegionLeaves) co_return false;
    if (loss.is_table() && loss.name == topology_.table.name) co_return false;
    const auto held = co_await cloud_.resources(loss.region, app_stack_name(topology_));
    co_return std::none_of(held.begin(), held.end(), [&](const ResourceState& one) {
      return one.type == loss.type && one.physical_id == loss.name;
    });
  }

  Task<void> protection(Loss loss) {
    const auto table = co_await cloud_.table(loss.region, loss.name);
    if (!table || !json::bool_or(*table, "DeletionProtectionEnabled", false)) co_return;
    found_.push_back(fmt::format(
        "{0}: table {1} is protected against deletion: 'tandem exec -- aws dynamodb update-table "
        "--table-name {1} --no-deletion-protection-enabled --region {0}'",
        loss.region, loss.name));
  }

  /// It binds copies, which the region of their stack removes; that region's own goes last, when no
  /// other is left that was copied from it.
  Task<void> source_rule(Loss loss) {
    const bool leaves = loss.why == Loss::Why::kRegionLeaves;
    if (leaves ? loss.name != topology_.table.name : !loss.is_copy()) co_return;
    const auto bound = co_await bound_copies(
        &http_, &config_, leaves ? topology_.home : loss.stack_region, loss.name);
    const auto until = bound.find(loss.region);
    if (until == bound.end()) co_return;
    found_.push_back(fmt::format(
        "{}: table {} was copied from there to another region within 24 hours, and DynamoDB keeps "
        "such a copy until {}: run 'tandem up --delete-data' then, and take the edit back till "
        "then",
        loss.region, loss.name, until->second));
  }

  Cloud cloud_;
  net::HttpClient& http_;
  const service::Config& config_;
  Topology topology_;
  std::vector<std::string> found_;
};

}  // namespace

std::map<std::string, std::string> read_bound_copies(const json::object& replicas,
                                                     std::string_view table) {
  std::map<std::string, std::string> bound;
  const auto* members = json::find_object(replicas, table);
  if (members == nullptr) return bound;
  for (const auto& entry : *members) {
    const auto* member = entry.value().if_object();
    const std::string until = member == nullptr ? "" : json::string_or(*member, "SourceUntil");
    if (!until.empty()) bound[std::string(entry.key())] = until;
  }
  return bound;
}

namespace {

/// GET /_tandem/replicas of a region; empty for one that is not of the topology.
Task<json::object> ask_replicas(net::HttpClient* http, const service::Config* config,
                                std::string asked) {
  const service::RegionAddress* place = config->find_region(asked);
  if (place == nullptr) co_return json::object{};
  net::HttpTarget target{.address = place->address, .port = config->ports.http};
  net::HttpRequest request{.method = "GET", .target = "/_tandem/replicas"};
  service::sign_own_path(request, place->address, config->credentials, core::SystemClock().now_s());
  const net::HttpResponse answer = co_await http->send(std::move(target), std::move(request));
  const auto parsed = json::parse_text(answer.body);
  if (answer.status != 200 || !parsed || !parsed.value().is_object()) {
    throw DeployError(
        fmt::format("{} does not tell who holds its tables ({})", asked, answer.status));
  }
  co_return parsed.value().as_object();
}

}  // namespace

Task<std::map<std::string, std::string>> bound_copies(net::HttpClient* http,
                                                      const service::Config* config,
                                                      std::string asked, std::string table) {
  const json::object replicas = co_await ask_replicas(http, config, std::move(asked));
  co_return read_bound_copies(replicas, table);
}

Task<std::set<std::string>> sharers_of(net::HttpClient* http, const service::Config* config,
                                       std::string asked, std::string table) {
  const json::object replicas = co_await ask_replicas(http, config, std::move(asked));
  std::set<std::string> regions;
  if (const auto* members = json::find_object(replicas, table)) {
    for (const auto& entry : *members) regions.emplace(entry.key());
  }
  co_return regions;
}

Task<std::vector<std::string>> find_obstacles(aws::Api* api, net::HttpClient* http,
                                              const service::Config* config, Topology topology,
                                              std::vector<Loss> losses) {
  Obstacles obstacles(*api, *http, *config, std::move(topology));
  co_return co_await obstacles.find(std::move(losses));
}

Task<std::vector<std::string>> shared_tables(aws::Api* api, std::vector<std::string> leaving) {
  Cloud cloud(*api);
  std::vector<std::string> found;
  for (const std::string& region : leaving) {
    Cloud::Paging paging{"TableNames", "LastEvaluatedTableName", "ExclusiveStartTableName"};
    const json::array names =
        co_await cloud.pages(region, "dynamodb", "ListTables", {}, std::move(paging));
    for (const json::value& each : names) {
      const std::string name = json::to_std(each);
      const auto table = co_await cloud.table(region, name);
      const auto* replicas = table ? json::find_array(*table, "Replicas") : nullptr;
      if (replicas == nullptr) continue;
      for (const json::value& replica : *replicas) {
        const std::string other = json::string_or(replica.as_object(), "RegionName");
        if (other == region) continue;
        found.push_back(
            fmt::format("table {0} is in {1} and {2}: take {1} out of its stack's template, or "
                        "'tandem exec -- aws "
                        "dynamodb update-table --table-name {0} --region {2} --replica-updates "
                        "Delete={{RegionName={1}}}'",
                        name, region, other));
        break;
      }
    }
  }
  co_return found;
}

}  // namespace tandem::topology
