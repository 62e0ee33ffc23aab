#include "topology/planner.h"

#include <algorithm>
#include <fmt/format.h>

#include "aws/error.h"
#include "core/bytes.h"
#include "core/files.h"
#include "core/text.h"
#include "topology/code.h"
#include "topology/drain.h"
#include "topology/drain_stacks.h"
#include "topology/identity.h"
#include "topology/leftovers.h"
#include "topology/pipelines.h"
#include "topology/template_reading.h"
#include "topology/what_if.h"

namespace tandem::topology {
namespace {

using Action = ResourceChange::Action;
using Kind = Step::Kind;
using Phase = Step::Phase;

/// Stands in a change set for a value that only the deployment will say.
constexpr std::string_view kUnknown = "known-after-apply";

bool is_new(const Step& step) { return step.kind == Kind::kCreate || step.kind == Kind::kRecreate; }

class Planner {
 public:
  Planner(aws::Api& api, Wanted wanted) : cloud_(api), unseen_(std::move(wanted.unseen)) {
    api_key_ = std::move(wanted.api_key);
    plan_.topology = std::move(wanted.topology);
    plan_.leaving = std::move(wanted.leaving);
  }

  Task<Plan> make() {
    co_await check_home();
    co_await add_stack(Phase::kData, data_stack(topology(), plan_.leaving));
    co_await add_zone();
    for (const Region& region : topology().regions) co_await add_move(region.name);
    const std::string package = read_for_deployment(topology().artifact);
    const std::string body = read_for_deployment(topology().template_file);
    check_outputs(body);
    for (const Region& region : topology().regions) co_await add_code(region.name, package);
    for (const Region& region : topology().regions) {
      StackSpec spec = app_stack(topology(), region.name, body, code_key(topology(), package));
      co_await add_stack(Phase::kApp, std::move(spec));
      co_await add_damaged_code(region.name);
    }
    co_await warn_of_pipelines();
    for (const Region& region : topology().regions) co_await add_front(region.name);
    co_await add_routing();
    co_await warn_of_drained();
    for (const std::string& region : plan_.leaving) co_await add_leave(region);
    if (!plan_.leaving.empty()) add_drop();
    co_return std::move(plan_);
  }

 private:
  const Topology& topology() const { return plan_.topology; }
  bool is_unseen(const std::string& region) const { return unseen_.contains(region); }

  /// The data and routing stacks cannot move: the table's data are in them.
  Task<void> check_home() {
    std::vector<std::string> others = plan_.leaving;
    for (const Region& region : topology().regions) others.push_back(region.name);
    for (const std::string& region : others) {
      if (region == topology().home || is_unseen(region)) continue;
      const json::object stack = co_await cloud_.stack(region, data_stack_name(topology()));
      if (stack.empty()) continue;
      throw Refused(why_another(topology(), {topology().name, region}));
    }
  }

  /// What the fronts need of the template is known before anything is made of it.
  void check_outputs(const std::string& body) const {
    for (const char* name : {"ApiId", "StageName"}) {
      const auto line = line_without_output(body, name);
      if (!line) continue;
      const std::string file = topology().template_file.filename().string();
      throw Refused(
          fmt::format("{}: the template has no output {}, by which the domain is led to it; "
                      "nothing was changed",
                      *line > 0 ? fmt::format("{}:{}", file, *line) : file, name));
    }
  }

  Task<json::object> state_of(std::string region, std::string stack) {
    if (is_unseen(region)) co_return json::object{};
    co_return co_await cloud_.stack_at_rest(std::move(region), std::move(stack));
  }

  /// Plans one stack: what becomes of it, and of each resource.
  Task<void> add_stack(Phase phase, StackSpec spec, std::map<std::string, OutputOf> from = {}) {
    Step step{.phase = phase, .spec = std::move(spec), .from = std::move(from)};
    const json::object state = co_await state_of(step.spec.region, step.spec.name);
    const std::string status = json::string_or(state, "StackStatus");
    co_await resolve(&step);
    if (status == "UPDATE_ROLLBACK_FAILED" && phase == Phase::kRouting) {
      // Mending makes it anew when what it stands on is gone; otherwise applying it refuses.
      step.kind = Kind::kUpdate;
      step.reasons.push_back(fmt::format("it is in {}", status));
      plan_.steps.push_back(std::move(step));
      co_return;
    }
    if (status == "UPDATE_ROLLBACK_FAILED") {
      throw DeployError(
          fmt::format("stack {} in {} is in {}: an update failed and could not be undone; 'tandem "
                      "destroy --yes' and 'tandem up' start over",
                      step.spec.name, step.spec.region, status));
    }
    const bool broken = can_only_be_deleted(status);
    if (state.empty() || broken) {
      // A template that is refused leaves no other stack behind.
      if (phase == Phase::kApp && !is_unseen(step.spec.region)) {
        co_await check_template(cloud_, step.spec);
      }
      step.kind = broken ? Kind::kRecreate : Kind::kCreate;
      step.changes = resources_of_template(step.spec.body);
      if (broken) co_await add_removals(&step);
      if (broken) step.reasons.push_back(fmt::format("it is in {}", status));
    } else {
      WhatIf answer = co_await what_if(cloud_, shown_to_cloudformation(step));
      // After a failed update CloudFormation goes on with what is missing.
      const bool failed = status == "CREATE_FAILED" || status == "UPDATE_FAILED";
      step.kind = answer.updates || failed ? Kind::kUpdate : Kind::kNone;
      if (failed) step.reasons.push_back(fmt::format("it is in {}", status));
      step.changes = std::move(answer.changes);
    }
    plan_.steps.push_back(std::move(step));
  }

  /// What the stack has now goes before it is made anew.
  Task<void> add_removals(Step* step) {
    const auto resources = co_await cloud_.resources(step->spec.region, step->spec.name);
    for (const ResourceState& one : resources) {
      if (one.physical_id.empty()) continue;
      const auto same = std::find_if(
          step->changes.begin(), step->changes.end(),
          [&](const ResourceChange& made) { return made.logical_id == one.logical_id; });
      if (same == step->changes.end()) {
        step->changes.push_back({Action::kRemove, one.logical_id, one.type, one.physical_id, ""});
      } else {
        same->action = Action::kReplace;
        same->physical_id = one.physical_id;
      }
    }
  }

  /// Nothing was changed so far, and the domain is still answered for.
  Task<void> check_going_zones() {
    try {
      co_await require_nobody_elses_records(cloud_, topology(), plan_.zone.going);
    } catch (const DeployError& error) {
      throw Refused(error.message + "; nothing was changed");
    }
  }

  StackSpec shown_to_cloudformation(const Step& step) const {
    StackSpec spec = step.spec;
    for (const std::string& name : step.unknown) spec.parameters[name] = std::string(kUnknown);
    return spec;
  }

  /// Parameters that are outputs of earlier steps: as they are now, where they stay so.
  Task<void> resolve(Step* step) {
    for (const auto& [parameter, source] : step->from) {
      const Step* earlier = find_step(source);
      std::optional<std::string> value;
      const bool made = earlier != nullptr && is_new(*earlier);
      if (!made && !is_unseen(source.region)) {
        const json::object stack = co_await cloud_.stack(source.region, source.stack);
        const auto outputs = outputs_of(stack);
        const auto found = outputs.find(source.output);
        if (found != outputs.end()) value = found->second;
      }
      if (value && earlier != nullptr) {
        const bool changes = co_await may_change(earlier, source.output);
        if (changes) value.reset();
      }
      if (value) {
        step->spec.parameters[parameter] = *value;
      } else {
        step->unknown.insert(parameter);
      }
    }
  }

  const Step* find_step(const OutputOf& source) const {
    const auto found = std::find_if(plan_.steps.begin(), plan_.steps.end(), [&](const Step& step) {
      return step.spec.region == source.region && step.spec.name == source.stack &&
             step.phase != Phase::kMove;
    });
    return found == plan_.steps.end() ? nullptr : &*found;
  }

  /// Whether an update may give the output another value: it says something else, or what it refers
  /// to changes.
  Task<bool> may_change(const Step* step, std::string output) {
    if (step->kind != Kind::kUpdate) co_return false;
    if (!step->unknown.empty()) co_return true;
    json::object input{{"StackName", step->spec.name}};
    const json::object answer =
        co_await cloud_.call(step->spec.region, "cloudformation", "GetTemplate", std::move(input));
    const OutputText now = output_of_template(step->spec.body, output);
    if (now != output_of_template(json::string_or(answer, "TemplateBody"), output)) co_return true;
    const json::object stack = co_await cloud_.stack(step->spec.region, step->spec.name);
    const auto before = parameters_of(stack);
    for (const std::string& reference : now.references) {
      const auto given = step->spec.parameters.find(reference);
      const auto had = before.find(reference);
      if (given != step->spec.parameters.end() &&
          (had == before.end() || had->second != given->second)) {
        co_return true;
      }
      const bool attribute = reference.find('.') != std::string::npos;
      const std::string logical_id = reference.substr(0, reference.find('.'));
      for (const ResourceChange& change : step->changes) {
        if (change.logical_id != logical_id) continue;
        if (attribute || change.action != Action::kModify) co_return true;
      }
    }
    co_return false;
  }

  Task<void> add_zone() {
    const std::string name = routing_stack_name(topology());
    const json::object state = co_await state_of(topology().home, name);
    plan_.zone = co_await find_zone(cloud_, topology());
    co_await check_going_zones();
    if (!plan_.zone.id.empty()) co_return;
    Step step{.phase = Phase::kZone,
              .kind = Kind::kCreate,
              .spec = {topology().home, name, json::to_text(zone_template(topology())), {}}};
    if (!state.empty()) step.kind = Kind::kRecreate;
    step.changes = resources_of_template(step.spec.body);
    if (!state.empty()) co_await add_removals(&step);
    if (plan_.zone.replaces) {
      step.reasons.emplace_back(
          "the domain moves to another zone: nothing answers for it from here on until the records "
          "are made anew");
    }
    step.reasons.push_back(
        fmt::format("hosted zone {}, before the fronts: their certificates are validated in it",
                    topology().zone));
    plan_.steps.push_back(std::move(step));
  }

  /// What a killed `up` has left of a move of the domain.
  Task<void> add_move(std::string region) {
    if (is_unseen(region)) co_return;
    const std::string app = app_stack_name(topology());
    const auto left = co_await find_leftovers(cloud_, region, app);
    if (left.empty()) co_return;
    Step step{.phase = Phase::kMove, .kind = Kind::kUpdate, .spec = {region, app, "", {}}};
    for (const Leftover& one : left) {
      step.changes.push_back({Action::kRemove, one.logical_id, one.type, one.physical_id, ""});
    }
    step.reasons.emplace_back(
        "an application that was interrupted: the domain is led to what the stack has now");
    plan_.steps.push_back(std::move(step));
  }

  Task<void> add_code(std::string region, std::string package) {
    const std::string bucket = bucket_name(topology(), region);
    const std::string key = code_key(topology(), package);
    bool is_there = false;
    if (!is_unseen(region)) is_there = co_await has_object(cloud_, region, bucket, key);
    if (is_there) co_return;
    Step step{.phase = Phase::kCode, .kind = Kind::kUpload, .spec = {region, "", "", {}}};
    step.reasons.push_back(
        fmt::format("{} to s3://{}/{}", topology().artifact.filename().string(), bucket, key));
    plan_.steps.push_back(std::move(step));
  }

  /// Functions whose code their region has lost get it anew.
  Task<void> add_damaged_code(std::string region) {
    Step* step = plan_.find(Phase::kApp, region);
    if (is_new(*step)) co_return;
    const auto damaged = co_await functions_without_code(cloud_, region, step->spec.name);
    for (const DamagedFunction& function : damaged) {
      step->kind = Kind::kUpdate;
      step->reasons.push_back(fmt::format(
          "the code of function {} is missing or damaged: it is deployed anew", function.name));
    }
  }

  /// What pipelines ship, `up` does not know of, and puts its own package in its place.
  Task<void> warn_of_pipelines() {
    std::vector<std::string> regions;
    for (const Region& region : topology().regions) {
      const Step* step = plan_.find(Phase::kApp, region.name);
      if (step->kind != Kind::kUpdate) continue;
      const json::object stack = co_await cloud_.stack(region.name, step->spec.name);
      const auto deployed = parameters_of(stack);
      const auto key = deployed.find("CodeKey");
      if (key == deployed.end() || key->second == step->spec.parameters.at("CodeKey")) continue;
      const FoundPipelines found =
          co_await find_pipelines(cloud_, topology(), region.name, unseen_);
      if (!found.all.empty()) regions.push_back(region.name);
    }
    if (regions.empty()) co_return;
    plan_.warnings.push_back(fmt::format(
        "the code in {} may be what a pipeline shipped, and {} takes its place; 'tandem pipeline "
        "run' afterwards ships the branch again",
        core::join(regions, " and "), topology().artifact.filename().string()));
  }

  Task<void> add_front(std::string region) {
    StackSpec spec{region,
                   front_stack_name(topology()),
                   json::to_text(front_template(topology())),
                   {{"ApiKeyValue", api_key_.empty() ? std::string(kUnknown) : api_key_},
                    {"ZoneId", plan_.zone.id}}};
    const std::string app = app_stack_name(topology());
    std::map<std::string, OutputOf> from{{"ApiId", {region, app, "ApiId"}},
                                         {"StageName", {region, app, "StageName"}}};
    if (plan_.zone.id.empty()) {
      from["ZoneId"] = {topology().home, routing_stack_name(topology()), "ZoneId"};
    }
    co_await add_stack(Phase::kFront, std::move(spec), std::move(from));
  }

  Task<void> add_routing() {
    const std::string name = routing_stack_name(topology());
    const json::object deployed = co_await deployed_routing();
    const json::object body =
        routing_template(topology(), plan_.zone.owner, form_after(deployed, topology()));
    StackSpec spec{topology().home, name, json::to_text(body), {}};
    if (plan_.zone.owner == ZoneOwner::kAccount) spec.parameters["ZoneId"] = plan_.zone.id;
    std::map<std::string, OutputOf> from;
    for (const Region& region : topology().regions) {
      const std::string suffix = logical_suffix(region.name);
      const std::string front = front_stack_name(topology());
      from["Api" + suffix] = {region.name, app_stack_name(topology()), "ApiId"};
      from["Stage" + suffix] = {region.name, app_stack_name(topology()), "StageName"};
      from["Target" + suffix] = {region.name, front, "RegionalDomainName"};
      from["TargetZone" + suffix] = {region.name, front, "RegionalHostedZoneId"};
      if (topology().regions.size() > 1) {
        from["Switch" + suffix] = {region.name, front, kSwitchOutput};
      }
    }
    co_await add_stack(Phase::kRouting, std::move(spec), std::move(from));
    Step& step = plan_.steps.back();
    if (plan_.find(Phase::kZone, topology().home) != nullptr) {
      // By then the stack is there, with the zone alone.
      step.kind = Kind::kUpdate;
      step.reasons.clear();
      std::erase_if(step.changes,
                    [](const ResourceChange& one) { return one.logical_id == "Zone"; });
    } else if (plan_.zone.replaces) {
      step.kind = Kind::kRecreate;
      step.changes = resources_of_template(step.spec.body);
      co_await add_removals(&step);
      step.reasons.push_back(
          fmt::format("the domain moves to the hosted zone {}, which the account has; the stack's "
                      "own goes",
                      topology().zone));
    } else if (step.kind == Kind::kUpdate) {
      step.withdraws_records = has_records_that_clash(deployed, topology());
      const auto before = routing_of(deployed);
      if (before && *before != topology().routing) {
        step.reasons.push_back(fmt::format("routing is {} in place of {}{}",
                                           routing_text(topology().routing), routing_text(*before),
                                           step.withdraws_records ? "" : ", in one batch"));
      }
      if (step.withdraws_records) {
        step.reasons.emplace_back(
            "the records are withdrawn and made anew: for that moment the name does not resolve");
      }
    }
    warn_of_weights();
  }

  Task<void> warn_of_drained() {
    if (is_new(*plan_.find(Phase::kRouting, topology().home))) co_return;
    const auto warnings = co_await drained_warnings(cloud_, topology(), plan_.leaving, unseen_);
    plan_.warnings.insert(plan_.warnings.end(), warnings.begin(), warnings.end());
  }

  void warn_of_weights() {
    if (topology().routing != Routing::kLatency) return;
    const auto& regions = topology().regions;
    const bool same = std::all_of(regions.begin(), regions.end(), [&](const Region& one) {
      return one.weight == regions.front().weight;
    });
    if (same) return;
    plan_.warnings.emplace_back(
        "routing is latency: the weights of regions have no effect until it is weighted again");
  }

  /// The routing stack's template; empty where there is none.
  Task<json::object> deployed_routing() {
    json::object input{{"StackName", routing_stack_name(topology())}};
    const json::object state = co_await state_of(topology().home, routing_stack_name(topology()));
    if (state.empty()) co_return json::object{};
    const json::object answer =
        co_await cloud_.call(topology().home, "cloudformation", "GetTemplate", std::move(input));
    const auto deployed = json::parse_text(json::string_or(answer, "TemplateBody"));
    if (!deployed || !deployed.value().is_object()) co_return json::object{};
    co_return deployed.value().as_object();
  }

  /// All that the region has of the topology goes.
  Task<void> add_leave(std::string region) {
    const std::vector<std::string> names{front_stack_name(topology()), app_stack_name(topology())};
    for (const std::string& name : names) {
      const auto resources = co_await cloud_.resources(region, name);
      Step step{.phase = Phase::kLeave, .kind = Kind::kDelete, .spec = {region, name, "", {}}};
      for (const ResourceState& one : resources) {
        step.changes.push_back({Action::kRemove, one.logical_id, one.type, one.physical_id, ""});
      }
      plan_.steps.push_back(std::move(step));
    }
    plan_.steps.back().reasons.push_back(
        fmt::format("{} leaves: its bucket {}, its process and its folder go, too", region,
                    bucket_name(topology(), region)));
  }

  void add_drop() {
    Step step{.phase = Phase::kDrop, .kind = Kind::kUpdate, .spec = data_stack(topology())};
    step.changes.push_back(
        {Action::kModify, "Table", "AWS::DynamoDB::GlobalTable", topology().table.name, ""});
    for (const std::string& region : plan_.leaving) {
      step.reasons.push_back(
          fmt::format("the copy of table {} in {} goes", topology().table.name, region));
    }
    plan_.steps.push_back(std::move(step));
  }

  Cloud cloud_;
  std::set<std::string> unseen_;
  std::string api_key_;
  Plan plan_;
};

}  // namespace

Task<Plan> make_plan(aws::Api* api, Wanted wanted) {
  Planner planner(*api, std::move(wanted));
  co_return co_await planner.make();
}

}  // namespace tandem::topology
