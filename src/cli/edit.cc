#include "cli/edit.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

#include "core/text.h"
#include "topology/deployed.h"
#include "topology/identity.h"
#include "topology/links.h"
#include "topology/obstacles.h"
#include "topology/planner.h"
#include "topology/rehearsal.h"

namespace tandem::cli {
namespace {

/// What the last `up` wrote down; when none was completed, what the processes say, as long as all
/// of them can.
std::optional<topology::Identity> find_identity(const topology::LocalWorld& world,
                                                const std::optional<topology::LocalWorld>& before) {
  if (auto recorded = topology::identity_of(made_of(world))) return recorded;
  if (!before) return std::nullopt;
  for (const auto& process : before->processes()) {
    if (!process.answers()) return std::nullopt;
  }
  Client client(before->config());
  return client.run(
      topology::deployed_identity(topology::Cloud(client.api()), region_names(*before)));
}

Failure refuse_losses(const std::vector<topology::Loss>& losses) {
  std::string text = "this would delete data; nothing was changed:\n";
  for (const auto& loss : losses) text += "  " + topology::text_of(loss) + "\n";
  return {kUsage, text + "take the edit back, or say 'tandem up --delete-data'",
          json::object{{"refused", "data would be deleted"}, {"losses", to_json(losses)}}};
}

Failure refuse_obstacles(const std::vector<std::string>& obstacles) {
  std::string text = "what is to be deleted cannot be deleted yet; nothing was changed:";
  json::array list;
  for (const std::string& obstacle : obstacles) {
    text += "\n  " + obstacle;
    list.push_back(json::string(obstacle));
  }
  return {kUsage, text,
          json::object{{"refused", "data cannot be deleted yet"}, {"obstacles", std::move(list)}}};
}

Failure refuse_strangers(const topology::Topology& topology, const topology::Damage& damage) {
  const auto& [region, items] = *damage.strangers.begin();
  json::array strangers;
  for (const auto& [name, count] : damage.strangers) {
    strangers.push_back(json::object{{"region", name}, {"items", count}});
  }
  return Failure(
      kUsage,
      fmt::format("{0}'s table {1} ({3}) is no copy of {2}'s: the two do not replicate. 'tandem up "
                  "--delete-data' deletes {0}'s and copies {2}'s; to keep {0}'s, delete {2}'s "
                  "('tandem exec -- aws dynamodb delete-table --table-name {1} --region {2}') and "
                  "run 'tandem up'",
                  region, topology.table.name, damage.kept,
                  items == 1 ? "1 item" : fmt::format("{} items", items)),
      json::object{{"refused", "tables that are no copies of each other"},
                   {"table", topology.table.name},
                   {"kept", damage.kept},
                   {"strangers", std::move(strangers)}});
}

/// With every copy gone there is nothing to mend, and an empty application is not what was there.
Failure refuse_total_loss(const topology::Topology& topology, const topology::LocalWorld& world,
                          const topology::Damage& damage) {
  std::string regions;
  json::array lost;
  for (const std::string& region : damage.lost_replicas) {
    regions += (regions.empty() ? "" : ", ") + region;
    lost.push_back(json::string(region));
  }
  return Failure(
      kUsage,
      fmt::format("no copy of table {} is left: it is gone from {}. If there is a copy of "
                  "one of their folders in {}, run 'tandem down', put it back and run "
                  "'tandem up'; 'tandem up --delete-data' deploys anew, with an empty "
                  "table",
                  topology.table.name, regions, world.folder().string()),
      json::object{{"refused", "every copy of the data is lost"},
                   {"table", topology.table.name},
                   {"lost", std::move(lost)}});
}

}  // namespace

std::optional<topology::LocalWorld> world_before(const Common& common) {
  try {
    return topology::LocalWorld::find(common.file);
  } catch (const topology::LocalError&) {
    return std::nullopt;
  }
}

topology::Topology settle(const topology::Topology& file, const topology::LocalWorld& world,
                          const std::optional<topology::LocalWorld>& before) {
  const auto identity = find_identity(world, before);
  auto topology = topology::settled(
      file, before ? region_names(*before) : std::vector<std::string>{}, identity);
  if (before) before->check_account(topology);
  const std::string another = identity ? topology::why_another(topology, *identity) : "";
  if (!another.empty()) throw topology::Refused(another);
  return topology;
}

std::set<std::string> new_regions(const topology::Topology& topology,
                                  const std::optional<topology::LocalWorld>& before) {
  std::set<std::string> unseen;
  for (const topology::Region& region : topology.regions) {
    if (!before || before->config().find_region(region.name) == nullptr) unseen.insert(region.name);
  }
  return unseen;
}

topology::Topology without(topology::Topology topology, const std::set<std::string>& regions) {
  std::erase_if(topology.regions,
                [&](const topology::Region& region) { return regions.contains(region.name); });
  return topology;
}

topology::Plan find_plan(const topology::Topology& topology, const topology::LocalWorld& world,
                         Client& client, const std::set<std::string>& unseen,
                         const std::vector<topology::Loss>& agreed) {
  topology::Plan plan =
      client.run(topology::make_plan(&client.api(), {topology, world.leaving(topology), unseen,
                                                     world.find_api_key().value_or("")}));
  topology::agree_to(agreed, &plan);
  return plan;
}

topology::Plan first_plan(const topology::Topology& topology) {
  const service::Config nowhere;
  Client client(nowhere);
  topology::Rehearsal rehearsal(topology.account);
  return client.run(topology::make_plan(&rehearsal, {topology, {}, {}, ""}));
}

Edit find_edit(const topology::Topology& topology, const topology::LocalWorld& world,
               Client& client, const std::set<std::string>& unseen, Losses losses) {
  const topology::Topology known = without(topology, unseen);
  const topology::Cloud cloud(client.api());
  const std::string other =
      client.run(topology::deployed_under_another_name(cloud, topology, region_names(world)));
  if (!other.empty()) throw topology::Refused(topology::why_another(topology, {other, ""}));
  Edit edit{.plan = find_plan(topology, world, client, unseen, {})};
  edit.losses = client.run(topology::find_losses(&client.api(), edit.plan));
  if (losses == Losses::kAgreed) {
    topology::agree_to(edit.losses, &edit.plan);
    edit.obstacles = client.run(topology::find_obstacles(&client.api(), &client.http(),
                                                         &world.config(), known, edit.losses));
  }
  const std::string domain = client.run(topology::deployed_domain(cloud, topology));
  if (domain != topology.domain) edit.domain_before = domain;
  topology::Deployer deployer(client.api(), {}, {});
  auto repair = make_repair(world, client, deployer, known);
  edit.damage = client.run(repair.find_damage());
  auto mending = client.run(repair.plan(edit.damage));
  edit.plan.steps.insert(edit.plan.steps.begin(), std::make_move_iterator(mending.begin()),
                         std::make_move_iterator(mending.end()));
  return edit;
}

std::optional<Failure> refusal_of(const Edit& edit, const topology::Topology& topology,
                                  const topology::LocalWorld& world, Losses losses) {
  const bool refused = losses == Losses::kRefused;
  if (!edit.losses.empty() && refused) return refuse_losses(edit.losses);
  if (!edit.obstacles.empty()) return refuse_obstacles(edit.obstacles);
  if (!edit.damage.strangers.empty() && refused) return refuse_strangers(topology, edit.damage);
  if (edit.damage.total() && refused) return refuse_total_loss(topology, world, edit.damage);
  return std::nullopt;
}

std::optional<Failure> refusal_of_interpreters(const topology::Topology& topology) {
  std::error_code ignored;
  for (const auto& [name, path] : topology.settings.runtimes) {
    const bool folder = std::filesystem::is_directory(path, ignored);
    if (!folder && ::access(path.c_str(), X_OK) == 0) continue;
    return Failure(
        kUsage, fmt::format("functions.runtimes.{}: {} is no program that can be run", name, path));
  }
  for (const auto& [name, path] : topology.settings.modules) {
    if (std::filesystem::is_directory(path, ignored)) continue;
    return Failure(kUsage, fmt::format("functions.modules.{}: {} is no folder", name, path));
  }
  return std::nullopt;
}

std::optional<Failure> refusal_of_leaving(const topology::Topology& topology,
                                          const topology::LocalWorld& world, Losses losses) {
  const std::vector<std::string> leaving = world.leaving(topology);
  if (leaving.empty() || losses == Losses::kAgreed) return std::nullopt;
  json::array regions;
  for (const std::string& region : leaving) regions.push_back(json::string(region));
  return Failure(
      kUsage,
      fmt::format("{} left tandem.yaml, and whatever is there (tables, buckets, functions, "
                  "stacks, logs) would be deleted; nothing was changed: take the edit "
                  "back, or say 'tandem up --delete-data'",
                  core::join(leaving, " and ")),
      json::object{{"refused", "regions would be deleted"}, {"leaving", regions}});
}

void check_no_strangers(const topology::Topology& topology, const topology::Damage& damage) {
  if (!damage.strangers.empty()) throw refuse_strangers(topology, damage);
}

topology::Repair make_repair(const topology::LocalWorld& world, Client& client,
                             topology::Deployer& deployer, const topology::Topology& topology) {
  return {client.api(),
          deployer,
          topology,
          made_of(world),
          [&world, &client](std::string region) {
            return topology::links_of(&client.http(), &world.config(), std::move(region));
          },
          remark};
}

json::array to_json(const std::vector<topology::Loss>& losses) {
  json::array list;
  for (const auto& loss : losses) list.push_back(topology::to_json(loss));
  return list;
}

}  // namespace tandem::cli
