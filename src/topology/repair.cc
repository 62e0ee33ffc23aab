#include "topology/repair.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

#include "core/ids.h"
#include "core/timer.h"

namespace tandem::topology {
namespace {

using Clock = core::TimerClock;

constexpr std::chrono::milliseconds kPoll{25};
/// For a survivor to hear from an empty region that it holds nothing.
constexpr std::chrono::seconds kHearLimit{30};
/// For a table to be copied.
constexpr std::chrono::seconds kFillLimit{3600};
constexpr std::string_view kGlobalTable = "AWS::DynamoDB::GlobalTable";
constexpr std::string_view kZone = "AWS::Route53::HostedZone";

bool contains(const std::vector<std::string>& in, std::string_view name) {
  return std::find(in.begin(), in.end(), name) != in.end();
}

/// There is no such stack, or one of which nothing was made: an import was begun and not executed,
/// or a creation was taken back.
bool holds_nothing(const json::object& stack) {
  const std::string status = json::string_or(stack, "StackStatus");
  return stack.empty() || status == "REVIEW_IN_PROGRESS" || status == "ROLLBACK_COMPLETE";
}

/// The template with the policy that an import asks of each resource, and without what none may
/// add.
std::string for_import(json::object body) {
  body.erase("Outputs");
  for (auto& entry : body["Resources"].as_object()) {
    entry.value().as_object()["DeletionPolicy"] = "Delete";
  }
  return json::to_text(body);
}

}  // namespace

Repair::Repair(aws::Api& api, Deployer& deployer, Topology topology, Made made, Links links,
               Note note)
    : cloud_(api),
      deployer_(deployer),
      topology_(std::move(topology)),
      made_(std::move(made)),
      links_(std::move(links)),
      note_(std::move(note)) {}

Task<Damage> Repair::find_damage() {
  Damage damage;
  // Without a deployment of this table there is nothing that could be lost.
  if (made_.table != topology_.table.name) co_return damage;
  for (const Region& region : topology_.regions) {
    const auto table = co_await cloud_.table(region.name, topology_.table.name);
    if (table) {
      damage.holders.push_back(region.name);
    } else if (made_.has_region(region.name)) {
      damage.lost_replicas.push_back(region.name);
    }
  }
  co_await find_strangers(&damage);
  std::set<std::string> alive;
  for (const MadeStack& stack : made_.stacks) {
    if (topology_.find_region(stack.region) == nullptr) continue;
    const json::object there = co_await cloud_.stack_at_rest(stack.region, stack.name);
    // One made again since, under the same name, has another id.
    if (json::string_or(there, "StackId") == stack.id) {
      alive.insert(stack.region);
      continue;
    }
    damage.lost_stacks.push_back(stack);
    damage.lost_regions.insert(stack.region);
    if (stack.name == data_stack_name(topology_)) damage.data_stack_lost = holds_nothing(there);
  }
  for (const std::string& region : alive) damage.lost_regions.erase(region);
  co_return damage;
}

/// The home region's table is the one that counts, or the first there is.
Task<void> Repair::find_strangers(Damage* damage) {
  if (damage->holders.size() < 2) co_return;
  const bool home_holds = contains(damage->holders, topology_.home);
  const std::string first = home_holds ? topology_.home : damage->holders.front();
  const auto table = co_await cloud_.table(first, topology_.table.name);
  if (!table) co_return;
  const auto members = replicas_of(*table);
  for (const std::string& region : damage->holders) {
    // One that was never deployed to may hold whatever it likes: CloudFormation judges that.
    const bool one_of_ours = region == first || !made_.has_region(region);
    if (one_of_ours || members.contains(region)) continue;
    damage->kept = first;
    damage->strangers[region] = co_await cloud_.count_items(region, topology_.table.name);
  }
  std::erase_if(damage->holders,
                [&](const std::string& region) { return damage->strangers.contains(region); });
}

Task<void> Repair::delete_stranger(std::string region) {
  const std::string& name = topology_.table.name;
  note_(fmt::format("{}'s table {} is no copy of another region's: it is deleted", region, name));
  json::object input{{"TableName", name}};
  co_await cloud_.call(region, "dynamodb", "DeleteTable", std::move(input));
  const auto deadline = Clock::now() + kHearLimit;
  for (;;) {
    const auto table = co_await cloud_.table(region, name);
    if (!table) co_return;
    if (Clock::now() > deadline) {
      throw DeployError(
          fmt::format("{}'s table {} is still being deleted; run 'tandem up' again", region, name));
    }
    co_await core::sleep_for(kPoll);
  }
}

Task<void> Repair::mend(Damage damage) {
  mended_ = !damage.lost_replicas.empty() || !damage.strangers.empty();
  changed_ = mended_ || damage.data_stack_lost || !damage.lost_stacks.empty();
  for (const auto& [region, items] : damage.strangers) {
    co_await delete_stranger(region);
    damage.lost_replicas.push_back(region);
  }
  if (!damage.holders.empty()) {
    co_await mend_table(damage);
    if (damage.data_stack_lost) co_await import_table();
  } else if (!damage.lost_replicas.empty()) {
    // Nothing is left to keep; a data stack without its table would never make it again.
    co_await deployer_.delete_stack(topology_.home, data_stack_name(topology_));
  }
  co_await remove_leftovers(damage);
  co_await remake_broken();
}

/// The home region first: the data stack is there, and it is what the others are filled from.
Task<void> Repair::mend_table(Damage damage) {
  std::vector<std::string> lost = damage.lost_replicas;
  std::stable_partition(lost.begin(), lost.end(),
                        [&](const std::string& region) { return region == topology_.home; });
  for (const std::string& region : lost) {
    const bool home_holds = contains(damage.holders, topology_.home);
    const std::string source = home_holds ? topology_.home : damage.holders.front();
    note_(fmt::format("{} {}: table {} is copied from {}", region,
                      damage.lost_regions.contains(region) ? "has lost its disk"
                                                           : "holds no copy of the others' table",
                      topology_.table.name, source));
    co_await refill(region, source, damage.holders);
    damage.holders.push_back(region);
  }
}

Task<void> Repair::refill(std::string region, std::string source,
                          std::vector<std::string> holders) {
  co_await await_absence(region, source);
  const auto there = co_await cloud_.table(region, topology_.table.name);
  if (!there) {
    json::object create{{"RegionName", region}};
    json::object input{
        {"TableName", topology_.table.name},
        {"ReplicaUpdates", json::array{json::object{{"Create", std::move(create)}}}}};
    try {
      co_await cloud_.call(source, "dynamodb", "UpdateTable", std::move(input));
    } catch (const aws::ApiError& error) {
      throw DeployError(fmt::format("table {} cannot be copied from {} to {}: {}",
                                    topology_.table.name, source, region, error.message()));
    }
  }
  co_await await_filled(region, std::move(holders));
}

/// Until then the source takes the region for a member that has everything.
Task<void> Repair::await_absence(std::string region, std::string source) {
  const auto deadline = Clock::now() + kHearLimit;
  for (;;) {
    const auto table = co_await cloud_.table(source, topology_.table.name);
    if (!table || !replicas_of(*table).contains(region)) co_return;
    const auto there = co_await cloud_.table(region, topology_.table.name);
    if (there) co_return;  // It has been taken back already.
    if (Clock::now() > deadline) {
      throw DeployError(fmt::format(
          "{} does not hear from {}, so table {} cannot be copied; is the link between them cut? "
          "Run 'tandem up' again when it is mended",
          source, region, topology_.table.name));
    }
    co_await core::sleep_for(kPoll);
  }
}

/// The table serves there, and nothing that the holders wrote is still on its way.
Task<void> Repair::await_filled(std::string region, std::vector<std::string> holders) {
  const auto deadline = Clock::now() + kFillLimit;
  for (;;) {
    const auto table = co_await cloud_.table(region, topology_.table.name);
    bool filled = table && json::string_or(*table, "TableStatus") == "ACTIVE";
    for (const std::string& holder : holders) {
      if (!filled) break;
      const auto links = co_await links_(holder);
      const auto link = links.find(region);
      filled = link != links.end() && link->second.connected && link->second.pending == 0;
    }
    if (filled) co_return;
    if (Clock::now() > deadline) {
      throw DeployError(fmt::format("table {} is still being copied to {}; run 'tandem up' again",
                                    topology_.table.name, region));
    }
    co_await core::sleep_for(kPoll);
  }
}

Task<void> Repair::import_table() {
  note_(fmt::format("{} has lost its disk: table {} is taken into a new stack {}", topology_.home,
                    topology_.table.name, data_stack_name(topology_)));
  StackSpec spec = data_stack(topology_);
  spec.body = for_import(data_template(topology_));
  json::array resources{
      json::object{{"ResourceType", kGlobalTable},
                   {"LogicalResourceId", "Table"},
                   {"ResourceIdentifier", json::object{{"TableName", topology_.table.name}}}}};
  co_await import_stack(std::move(spec), std::move(resources));
}

Task<void> Repair::import_stack(StackSpec spec, json::array resources) {
  // What is there of the name holds nothing.
  co_await deployer_.delete_stack(spec.region, spec.name);
  core::SystemRandom random;
  const std::string id = "import-" + core::random_text(random, 16, core::kAlnum);
  json::object request = stack_request(spec);
  request["ChangeSetName"] = id;
  request["ChangeSetType"] = "IMPORT";
  request["ResourcesToImport"] = std::move(resources);
  const std::string where = fmt::format("stack {} in {}", spec.name, spec.region);
  try {
    co_await cloud_.call(spec.region, "cloudformation", "CreateChangeSet", std::move(request));
    const json::object made = co_await cloud_.await_change_set(spec.region, spec.name, id);
    if (json::string_or(made, "Status") == "FAILED") {
      throw aws::ApiError(400, "ValidationError", json::string_or(made, "StatusReason"));
    }
    json::object execute{{"StackName", spec.name}, {"ChangeSetName", id}};
    co_await cloud_.call(spec.region, "cloudformation", "ExecuteChangeSet", std::move(execute));
  } catch (const aws::ApiError& error) {
    throw DeployError(fmt::format("{}: the import failed: {}", where, error.message()));
  }
  const json::object stack = co_await cloud_.stack_at_rest(spec.region, spec.name);
  const std::string status = json::string_or(stack, "StackStatus");
  if (status == "IMPORT_COMPLETE") co_return;
  throw DeployError(fmt::format("{}: the import ended in {} {}", where, status,
                                json::string_or(stack, "StackStatusReason")));
}

Task<json::object> Repair::global(std::string service, std::string operation, json::object input) {
  co_return co_await cloud_.call("us-east-1", std::move(service), std::move(operation),
                                 std::move(input));
}

/// False when what is asked about is not there.
Task<bool> Repair::try_global(std::string service, std::string operation, json::object input) {
  try {
    co_await global(std::move(service), std::move(operation), std::move(input));
  } catch (const aws::ApiError& error) {
    if (!is_missing(error)) throw;
    co_return false;
  }
  co_return true;
}

/// What the stacks hold that are there: one that was made anew may have taken an old name.
Task<std::set<std::string>> Repair::claimed() {
  std::set<std::string> ids;
  const Made now = co_await read_made(cloud_, topology_);
  for (const MadeStack& stack : now.stacks) {
    for (const ResourceState& one : stack.resources) ids.insert(one.physical_id);
  }
  co_return ids;
}

Task<void> Repair::remove_leftovers(Damage damage) {
  const std::set<std::string> taken = co_await claimed();
  for (const MadeStack& stack : damage.lost_stacks) {
    if (stack.name == routing_stack_name(topology_)) co_await adopt_zone(stack);
    for (const ResourceState& one : stack.resources) {
      if (one.physical_id.empty() || taken.contains(one.physical_id)) continue;
      if (one.type == "AWS::IAM::Role") co_await remove_role(one.physical_id);
      if (one.type != "AWS::Route53::HealthCheck") continue;
      json::object input{{"HealthCheckId", one.physical_id}};
      co_await try_global("route53", "DeleteHealthCheck", std::move(input));
    }
  }
  for (const std::string& region : damage.lost_regions) {
    not_restored_.push_back(fmt::format(
        "{}: its logs and metrics, and whatever was made there by hand; ids are new", region));
  }
}

/// A role goes only when nothing hangs on it.
Task<void> Repair::remove_role(std::string role) {
  json::object get{{"RoleName", role}};
  const bool there = co_await try_global("iam", "GetRole", std::move(get));
  if (!there) co_return;
  json::object list{{"RoleName", role}};
  const json::object inline_policies = co_await global("iam", "ListRolePolicies", list);
  if (const auto* names = json::find_array(inline_policies, "PolicyNames")) {
    for (const json::value& name : *names) {
      json::object input{{"RoleName", role}, {"PolicyName", name}};
      co_await try_global("iam", "DeleteRolePolicy", std::move(input));
    }
  }
  const json::object attached = co_await global("iam", "ListAttachedRolePolicies", list);
  if (const auto* policies = json::find_array(attached, "AttachedPolicies")) {
    for (const json::value& one : *policies) {
      json::object input{{"RoleName", role},
                         {"PolicyArn", json::string_or(one.as_object(), "PolicyArn")}};
      co_await try_global("iam", "DetachRolePolicy", std::move(input));
    }
  }
  co_await try_global("iam", "DeleteRole", std::move(list));
}

/// The zone becomes the new routing stack's; the old stack's records in it make room.
Task<void> Repair::adopt_zone(MadeStack routing) {
  const json::object there =
      co_await cloud_.stack_at_rest(topology_.home, routing_stack_name(topology_));
  if (!holds_nothing(there)) co_return;
  for (const ResourceState& one : routing.resources) {
    if (one.type != kZone) continue;
    json::object get{{"Id", one.physical_id}};
    const bool lives = co_await try_global("route53", "GetHostedZone", std::move(get));
    if (!lives) co_return;
    co_await remove_records(one.physical_id);
    StackSpec spec{
        topology_.home, routing_stack_name(topology_), for_import(zone_template(topology_)), {}};
    json::array resources{
        json::object{{"ResourceType", kZone},
                     {"LogicalResourceId", "Zone"},
                     {"ResourceIdentifier", json::object{{"Id", one.physical_id}}}}};
    co_await import_stack(std::move(spec), std::move(resources));
  }
}

/// The domain's own, which the lost stack made: whatever else is in the zone stays.
Task<void> Repair::remove_records(std::string zone) {
  json::object input{{"HostedZoneId", zone}, {"StartRecordName", topology_.domain + "."}};
  const json::object answer = co_await global("route53", "ListResourceRecordSets", input);
  json::array changes;
  if (const auto* records = json::find_array(answer, "ResourceRecordSets")) {
    for (const json::value& one : *records) {
      const json::object& record = one.as_object();
      if (json::string_or(record, "Name") != topology_.domain + ".") continue;
      if (json::string_or(record, "SetIdentifier").empty()) continue;
      changes.push_back(json::object{{"Action", "DELETE"}, {"ResourceRecordSet", record}});
    }
  }
  if (changes.empty()) co_return;
  json::object change{{"HostedZoneId", zone},
                      {"ChangeBatch", json::object{{"Changes", std::move(changes)}}}};
  co_await global("route53", "ChangeResourceRecordSets", std::move(change));
}

Task<std::vector<Repair::Broken>> Repair::find_broken() {
  std::vector<Broken> found;
  const std::string routing = routing_stack_name(topology_);
  const bool routing_broken = co_await is_broken(topology_.home, routing);
  if (routing_broken) {
    found.push_back({topology_.home, routing,
                     fmt::format("the hosted zone or health checks of {} are gone: they are made "
                                 "anew",
                                 routing)});
  }
  const std::string app = app_stack_name(topology_);
  for (const Region& region : topology_.regions) {
    const bool broken = co_await is_broken(region.name, app);
    if (!broken) continue;
    found.push_back(
        {region.name, app,
         fmt::format("roles of stack {} in {} are gone: it is made anew", app, region.name)});
  }
  co_return found;
}

Task<std::vector<Step>> Repair::plan(Damage damage) {
  std::vector<Step> steps;
  const auto add = [&steps](const std::string& region, std::string why) {
    steps.push_back({.phase = Step::Phase::kMend,
                     .kind = Step::Kind::kMend,
                     .spec = {region, "", "", {}},
                     .reasons = {std::move(why)}});
  };
  for (const auto& [region, items] : damage.strangers) {
    add(region, fmt::format("table {} ({} items) is no copy of {}'s: it is deleted, and copied",
                            topology_.table.name, items, damage.kept));
  }
  for (const std::string& region : damage.lost_replicas) {
    add(region, fmt::format("table {} is copied from another region", topology_.table.name));
  }
  if (damage.data_stack_lost && !damage.holders.empty()) {
    add(topology_.home, fmt::format("table {} is taken into a new stack {}", topology_.table.name,
                                    data_stack_name(topology_)));
  }
  for (const MadeStack& stack : damage.lost_stacks) {
    const json::object there = co_await cloud_.stack(stack.region, stack.name);
    const std::string what =
        there.empty() ? "gone: what it" : "made anew already: what the one before it";
    add(stack.region, fmt::format("stack {} is {} has left is removed", stack.name, what));
  }
  const std::vector<Broken> broken = co_await find_broken();
  for (const Broken& one : broken) add(one.region, one.why);
  co_return steps;
}

Task<void> Repair::remake_broken() {
  const std::vector<Broken> broken = co_await find_broken();
  const bool global_lost = !broken.empty();
  for (const Broken& one : broken) {
    changed_ = true;
    if (one.stack == routing_stack_name(topology_)) {
      note_(one.why);
      co_await deployer_.delete_routing(topology_);
      continue;
    }
    const bool data = co_await holds_data(one.region, one.stack);
    if (data) {
      throw DeployError(fmt::format(
          "roles of stack {} in {} are gone, and it cannot be made anew without deleting its "
          "tables "
          "or buckets; make the roles again under their names (aws iam create-role), or move the "
          "tables out of the template with 'DeletionPolicy: Retain'",
          one.stack, one.region));
    }
    note_(one.why);
    co_await deployer_.remove_app(topology_, one.region);
  }
  if (!global_lost) co_return;
  not_restored_.push_back(
      "global: IAM users, roles and policies, hosted zones and records made by hand, and the "
      "health "
      "checks' history; ids are new");
}

Task<bool> Repair::is_broken(std::string region, std::string stack) {
  const auto resources = co_await cloud_.resources(region, stack);
  for (const ResourceState& one : resources) {
    if (one.physical_id.empty()) continue;
    const bool there = co_await exists(one);
    if (!there) co_return true;
  }
  co_return false;
}

/// Of what lives in the global process; anything else went or stayed with its stack.
Task<bool> Repair::exists(ResourceState resource) {
  struct Kind {
    std::string_view type;
    const char* service;
    const char* operation;
    const char* id;
  };
  constexpr Kind kKinds[] = {
      {"AWS::IAM::Role", "iam", "GetRole", "RoleName"},
      {kZone, "route53", "GetHostedZone", "Id"},
      {"AWS::Route53::HealthCheck", "route53", "GetHealthCheck", "HealthCheckId"}};
  for (const Kind& kind : kKinds) {
    if (resource.type != kind.type) continue;
    json::object input{{kind.id, resource.physical_id}};
    co_return co_await try_global(kind.service, kind.operation, std::move(input));
  }
  co_return true;
}

Task<bool> Repair::holds_data(std::string region, std::string stack) {
  const auto resources = co_await cloud_.resources(region, stack);
  co_return std::any_of(resources.begin(), resources.end(), [](const ResourceState& one) {
    return one.type.starts_with("AWS::DynamoDB::") || one.type == "AWS::S3::Bucket";
  });
}

}  // namespace tandem::topology
