#include "topology/deploy.h"

#include <array>
#include <fmt/format.h>

#include "aws/error.h"
#include "core/bytes.h"
#include "topology/code.h"
#include "topology/leftovers.h"

namespace tandem::topology {
namespace {

using Kind = Step::Kind;
using Phase = Step::Phase;

constexpr std::array kPhases{Phase::kData,    Phase::kZone,  Phase::kMove,
                             Phase::kCode,    Phase::kApp,   Phase::kFront,
                             Phase::kRouting, Phase::kLeave, Phase::kDrop};

std::string text_or(const std::map<std::string, std::string>& in, const std::string& key) {
  const auto found = in.find(key);
  return found == in.end() ? "" : found->second;
}

}  // namespace

Deployer::Deployer(aws::Api& api, Options options, ProgressSink progress)
    : cloud_(api), options_(std::move(options)), progress_(std::move(progress)) {}

Task<std::vector<StackResult>> Deployer::execute(Plan plan) {
  topology_ = plan.topology;
  zone_id_ = plan.zone.id;
  made_zone_ = false;
  owns_zone_ = plan.zone.owner == ZoneOwner::kStack;
  outputs_.clear();
  results_.clear();
  for (const Phase phase : kPhases) {
    std::vector<Step> steps = plan.of(phase);
    if (!steps.empty()) co_await execute_phase(phase, std::move(steps));
  }
  co_return std::move(results_);
}

Task<void> Deployer::execute_phase(Phase phase, std::vector<Step> steps) {
  if (phase == Phase::kZone) {
    co_await make_zone(std::move(steps.front()));
    co_return;
  }
  if (phase == Phase::kMove || phase == Phase::kCode) {
    for (const Step& step : steps) {
      if (phase == Phase::kMove) {
        co_await finish_move(step);
      } else {
        co_await upload(step);
      }
    }
    co_return;
  }
  if (phase == Phase::kLeave) {
    for (const Step& step : steps) co_await leave(step);
    co_return;
  }
  // In a zone of the account's a record may be somebody else's, too: ACM asks for one for each
  // name, whoever's certificates are for it.
  const bool keeps_zone = owns_zone_ && !made_zone_ && steps.front().kind == Kind::kUpdate;
  if (phase == Phase::kRouting && keeps_zone) {
    co_await remove_old_validation_records(cloud_, topology_, zone_id_);
  }
  co_await apply_steps(steps);
  if (phase != Phase::kRouting) co_return;
  const std::string app = app_stack_name(topology_);
  for (const StackResult& one : results_) {
    const bool may_leave = one.stack == app && one.outcome == Outcome::kUpdated;
    if (may_leave) co_await remove_leftovers(one.region);
  }
}

std::string Deployer::output_of(const OutputOf& source) const {
  const auto outputs = outputs_.find({source.region, source.stack});
  std::string value = outputs == outputs_.end() ? "" : text_or(outputs->second, source.output);
  if (!value.empty()) return value;
  throw DeployError(fmt::format("stack {} has no output {}; add it to the template's Outputs",
                                source.stack, source.output));
}

/// With what earlier steps have brought about, and the secrets that no plan holds.
StackSpec Deployer::resolved(const Step& step) const {
  StackSpec spec = step.spec;
  for (const auto& [parameter, source] : step.from) {
    if (parameter != "ZoneId") spec.parameters[parameter] = output_of(source);
  }
  if (step.phase != Phase::kFront) return spec;
  spec.parameters["ZoneId"] = zone_id_;
  spec.parameters["ApiKeyValue"] = options_.api_key;
  return spec;
}

void Deployer::note_applied(const Step& step, Applied applied) {
  outputs_[{step.spec.region, step.spec.name}] = std::move(applied.outputs);
  for (StackResult& one : results_) {
    if (one.region != applied.result.region || one.stack != applied.result.stack) continue;
    // Of a stack that is made in two steps the first says what became of it.
    if (one.outcome == Outcome::kUnchanged) one.outcome = applied.result.outcome;
    return;
  }
  results_.push_back(applied.result);
}

Task<Deployer::Applied> Deployer::skip(Step step) {
  const json::object stack = co_await cloud_.stack(step.spec.region, step.spec.name);
  co_return Applied{{step.spec.region, step.spec.name, Outcome::kUnchanged}, outputs_of(stack)};
}

Task<void> Deployer::apply_steps(std::vector<Step> steps) {
  std::vector<StackSpec> specs;
  std::vector<Step> applied_steps;
  for (const Step& step : steps) {
    StackSpec spec = resolved(step);
    if (step.kind == Kind::kNone && spec == step.spec) {
      Applied same = co_await skip(step);
      note_applied(step, std::move(same));
      continue;
    }
    if (step.kind == Kind::kRecreate) {
      if (step.phase == Phase::kRouting) {
        co_await delete_routing(topology_);
      } else {
        co_await delete_stack(spec.region, spec.name);
      }
    }
    if (step.withdraws_records) {
      StackSpec bare = spec;
      const auto body = json::parse_text(spec.body);
      bare.body = json::to_text(without_records(body.value().as_object()));
      co_await apply_stack(std::move(bare));
    }
    specs.push_back(std::move(spec));
    applied_steps.push_back(step);
  }
  const bool fronts = !specs.empty() && applied_steps.front().phase == Phase::kFront;
  if (fronts) co_await open_other_stages(specs);
  std::vector<Applied> all = co_await apply_stacks(std::move(specs));
  for (std::size_t i = 0; i < all.size(); ++i) note_applied(applied_steps[i], std::move(all[i]));
  for (const Step& step : steps) {
    if (step.phase != Phase::kApp || step.kind == Kind::kCreate) continue;
    const bool mended = co_await mend_code(step.spec.region);
    for (StackResult& one : results_) {
      const bool same = one.region == step.spec.region && one.stack == step.spec.name;
      if (mended && same && one.outcome == Outcome::kUnchanged) one.outcome = Outcome::kUpdated;
    }
  }
}

Task<void> Deployer::make_zone(Step step) {
  if (step.kind == Kind::kRecreate) co_await delete_routing(topology_);
  Applied applied = co_await apply_stack(step.spec);
  zone_id_ = text_or(applied.outputs, "ZoneId");
  made_zone_ = true;
  note_applied(step, std::move(applied));
}

Task<void> Deployer::upload(Step step) {
  const std::string& region = step.spec.region;
  co_await make_bucket(cloud_, region, bucket_name(topology_, region));
  co_await put_artifact(region, read_for_deployment(topology_.artifact));
}

Task<void> Deployer::put_artifact(std::string region, std::string bytes) {
  json::object put{{"Bucket", bucket_name(topology_, region)},
                   {"Key", code_key(topology_, bytes)},
                   {"ContentType", "application/zip"}};
  co_await cloud_.call(region, "s3", "PutObject", std::move(put), std::move(bytes));
}

/// Functions whose code their region has lost or damaged get it anew: their stack has no reason to
/// change. True when there were any.
Task<bool> Deployer::mend_code(std::string region) {
  const auto damaged = co_await functions_without_code(cloud_, region, app_stack_name(topology_));
  if (damaged.empty()) co_return false;
  const std::string bytes = read_for_deployment(topology_.artifact);
  for (const DamagedFunction& function : damaged) {
    if (function.code_sha256 != core::base64_encode(core::sha256(bytes))) {
      throw DeployError(fmt::format(
          "{}: {} ({} is another package: give it its own with 'aws lambda update-function-code')",
          region, function.reason, topology_.artifact.string()));
    }
    // The bucket's copy may be gone, too.
    co_await put_artifact(region, bytes);
    json::object update{{"FunctionName", function.name},
                        {"S3Bucket", bucket_name(topology_, region)},
                        {"S3Key", code_key(topology_, bytes)}};
    co_await cloud_.call(region, "lambda", "UpdateFunctionCode", std::move(update));
    if (!options_.note) continue;
    options_.note(
        fmt::format("{}: the code of function {} was missing or damaged: it was deployed "
                    "anew from {}",
                    region, function.name, topology_.artifact.string()));
  }
  co_return true;
}

/// Where the domain leads to another stage than the app's: the key is let in at both, and then the
/// domain moves. In one step the one would be ahead of the other for a moment, and calls refused.
Task<void> Deployer::open_other_stages(std::vector<StackSpec> fronts) {
  std::vector<StackSpec> opened;
  std::vector<StackSpec> moved;
  for (const StackSpec& wanted : fronts) {
    const json::object front = co_await cloud_.stack_at_rest(wanted.region, wanted.name);
    const auto has = parameters_of(front);
    const std::string status = json::string_or(front, "StackStatus");
    const bool failed = status.ends_with("_FAILED") || status.find("ROLLBACK") != std::string::npos;
    bool same = true;
    for (const char* name : {"ApiId", "StageName"}) {
      same = same && text_or(has, name) == text_or(wanted.parameters, name);
    }
    if (text_or(has, "ApiId").empty() || same || failed) continue;
    for (const bool to_new : {false, true}) {
      StackSpec spec = wanted;
      spec.body = json::to_text(moving_front_template(topology_));
      for (const std::string name : {"ApiId", "StageName"}) {
        spec.parameters["Other" + name] = to_new ? text_or(has, name) : spec.parameters[name];
        if (!to_new) spec.parameters[name] = text_or(has, name);
      }
      (to_new ? moved : opened).push_back(std::move(spec));
    }
  }
  co_await apply_stacks(std::move(opened));
  co_await apply_stacks(std::move(moved));
}

/// An earlier application may have ended between an app stack and its front: the domain leads to a
/// stage that is no stack's any more, and an edit that was taken back wants its name. The domain is
/// led to what the app stack has now; then the name is free.
Task<void> Deployer::finish_move(Step step) {
  const std::string& region = step.spec.region;
  const json::object app = co_await cloud_.stack_at_rest(region, step.spec.name);
  const std::string name = front_stack_name(topology_);
  const json::object front = co_await cloud_.stack_at_rest(region, name);
  const Outputs has = outputs_of(app);
  if (!front.empty() && has.contains("ApiId") && has.contains("StageName")) {
    Step led{.phase = Phase::kFront,
             .spec = {region, name, json::to_text(front_template(topology_)), {}}};
    StackSpec spec = resolved(led);
    spec.parameters["ApiId"] = has.at("ApiId");
    spec.parameters["StageName"] = has.at("StageName");
    std::vector<StackSpec> only{spec};
    co_await open_other_stages(std::move(only));
    co_await apply_stack(std::move(spec));
  }
  co_await remove_leftovers(region);
}

Task<void> Deployer::remove_leftovers(std::string region) {
  const std::string stack = app_stack_name(topology_);
  const std::vector<Leftover> left = co_await find_leftovers(cloud_, region, stack);
  for (const Leftover& one : left) {
    const std::string reason = co_await remove_leftover(cloud_, region, one);
    if (reason.empty() || !progress_) continue;
    progress_({region, stack, one.logical_id, one.type, "DELETE_FAILED",
               fmt::format("{} is in use by something that is not of this deployment: {}",
                           one.physical_id, reason)});
  }
}

Task<void> Deployer::remove_app(Topology topology, std::string region) {
  co_await delete_stack(region, front_stack_name(topology));
  co_await delete_stack(region, app_stack_name(topology));
}

/// The app stack is the region's last one: what it leaves behind goes with it.
Task<void> Deployer::leave(Step step) {
  const std::string& region = step.spec.region;
  co_await delete_stack(region, step.spec.name);
  if (step.spec.name != app_stack_name(topology_)) co_return;
  co_await remove_bucket(cloud_, region, bucket_name(topology_, region));
  if (!options_.before_drop) co_return;
  Task<void> dropping = options_.before_drop(region);
  co_await std::move(dropping);
}

Task<void> Deployer::delete_routing(Topology topology) {
  const std::string name = routing_stack_name(topology);
  // A front that is still being made would write its certificate's record into the zone once more.
  for (const Region& region : topology.regions) {
    co_await cloud_.stack_at_rest(region.name, front_stack_name(topology));
  }
  co_await cloud_.stack_at_rest(topology.home, name);
  const auto resources = co_await cloud_.resources(topology.home, name);
  std::vector<std::string> zones;
  for (const ResourceState& one : resources) {
    const bool is_zone = one.type == "AWS::Route53::HostedZone" && !one.physical_id.empty();
    if (is_zone) zones.push_back(one.physical_id);
  }
  co_await require_nobody_elses_records(cloud_, topology, zones);
  for (const std::string& zone : zones) {
    try {
      co_await remove_validation_records(cloud_, topology, zone);
    } catch (const aws::ApiError& error) {
      if (!is_missing(error)) throw;
    }
  }
  co_await delete_stack(topology.home, name);
}

Task<void> Deployer::destroy(Topology topology, Data data) {
  co_await delete_routing(topology);
  for (const Region& region : topology.regions) {
    co_await remove_app(topology, region.name);
    co_await remove_bucket(cloud_, region.name, bucket_name(topology, region.name));
  }
  if (data == Data::kDelete) co_await delete_stack(topology.home, data_stack_name(topology));
}

}  // namespace tandem::topology
