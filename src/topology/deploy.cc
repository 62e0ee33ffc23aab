#include "topology/deploy.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <chrono>
#include <exception>
#include <fmt/format.h>
#include <set>

#include "aws/error.h"
#include "core/bytes.h"
#include "core/files.h"
#include "core/ids.h"
#include "core/timer.h"
#include "topology/identity.h"
#include "topology/leftovers.h"

namespace tandem::topology {
namespace {

std::string read_file(const std::filesystem::path& path) {
  try {
    return core::read_file(path);
  } catch (const std::system_error& error) {
    throw DeployError(fmt::format("cannot read {}", error.what()));
  }
}

bool is_failure(std::string_view status) {
  return status.ends_with("_FAILED") || status.find("ROLLBACK") != std::string_view::npos;
}

bool is_final(std::string_view status) {
  return status.ends_with("_COMPLETE") || status.ends_with("_FAILED");
}

std::string require(const std::map<std::string, std::string>& outputs, const std::string& key,
                    const std::string& stack) {
  const auto found = outputs.find(key);
  if (found == outputs.end()) {
    throw DeployError(
        fmt::format("stack {} has no output {}; add it to the template's Outputs", stack, key));
  }
  return found->second;
}

}  // namespace

Deployer::Deployer(aws::Api& api, Options options, ProgressSink progress)
    : cloud_(api), options_(std::move(options)), progress_(std::move(progress)) {}

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

Task<std::string> Deployer::upload_artifact(Topology topology, std::string region) {
  const std::string bytes = read_file(topology.artifact);
  const std::string key = code_key(topology, bytes);
  const std::string bucket = bucket_name(topology, region);
  try {
    json::object head{{"Bucket", bucket}, {"Key", key}};
    co_await cloud_.call(region, "s3", "HeadObject", std::move(head));
    co_return key;
  } catch (const aws::ApiError& error) {
    if (error.status() != 404) throw;
  }
  json::object create{{"Bucket", bucket}};
  if (region != "us-east-1") {
    create["CreateBucketConfiguration"] = json::object{{"LocationConstraint", region}};
  }
  try {
    co_await cloud_.call(region, "s3", "CreateBucket", std::move(create));
  } catch (const aws::ApiError& error) {
    if (error.code() != "BucketAlreadyOwnedByYou") throw;
  }
  co_await put_artifact(topology, region, bytes);
  co_return key;
}

Task<void> Deployer::put_artifact(Topology topology, std::string region, std::string bytes) {
  json::object put{{"Bucket", bucket_name(topology, region)},
                   {"Key", code_key(topology, bytes)},
                   {"ContentType", "application/zip"}};
  co_await cloud_.call(region, "s3", "PutObject", std::move(put), std::move(bytes));
}

/// Functions whose code their region has lost or damaged get it anew: their stack has no reason to
/// change. True when there were any.
Task<bool> Deployer::mend_code(Topology topology, std::string region) {
  bool mended = false;
  const auto resources = co_await cloud_.resources(region, app_stack_name(topology));
  for (const ResourceState& one : resources) {
    if (one.type != "AWS::Lambda::Function") continue;
    json::object ask{{"FunctionName", one.physical_id}};
    const json::object function =
        co_await cloud_.call(region, "lambda", "GetFunctionConfiguration", std::move(ask));
    if (json::string_or(function, "State") != "Failed") continue;
    const std::string bytes = read_file(topology.artifact);
    const std::string why = json::string_or(function, "StateReason");
    if (json::string_or(function, "CodeSha256") != core::base64_encode(core::sha256(bytes))) {
      throw DeployError(fmt::format(
          "{}: {} ({} is another package: give it its own with 'aws lambda update-function-code')",
          region, why, topology.artifact.string()));
    }
    // The bucket's copy may be gone, too.
    co_await put_artifact(topology, region, bytes);
    json::object update{{"FunctionName", one.physical_id},
                        {"S3Bucket", bucket_name(topology, region)},
                        {"S3Key", code_key(topology, bytes)}};
    co_await cloud_.call(region, "lambda", "UpdateFunctionCode", std::move(update));
    if (options_.note) {
      options_.note(
          fmt::format("{}: the code of function {} was missing or damaged: it was deployed "
                      "anew from {}",
                      region, one.physical_id, topology.artifact.string()));
    }
    mended = true;
  }
  co_return mended;
}

/// The user's template in every region, side by side.
Task<std::map<std::string, AppOutputs>> Deployer::apply_apps(Topology topology,
                                                             std::vector<StackResult>* results) {
  std::vector<StackSpec> specs;
  const std::string body = read_file(topology.template_file);
  for (const Region& region : topology.regions) {
    std::string key = co_await upload_artifact(topology, region.name);
    specs.push_back(app_stack(topology, region.name, body, std::move(key)));
  }
  std::map<std::string, AppOutputs> outputs;
  std::vector<Applied> all = co_await apply_stacks(std::move(specs));
  for (Applied& applied : all) {
    const bool mended = co_await mend_code(topology, applied.result.region);
    if (mended && applied.result.outcome == Outcome::kUnchanged) {
      applied.result.outcome = Outcome::kUpdated;
    }
    results->push_back(applied.result);
    outputs[applied.result.region] = {require(applied.outputs, "ApiId", applied.result.stack),
                                      require(applied.outputs, "StageName", applied.result.stack)};
  }
  co_return outputs;
}

StackSpec Deployer::front_stack(const Topology& topology, const std::string& region,
                                const AppOutputs& app) const {
  return {region,
          front_stack_name(topology),
          json::to_text(front_template(topology)),
          {{"ApiId", app.api_id},
           {"StageName", app.stage},
           {"ZoneId", zone_.id},
           {"ApiKeyValue", options_.api_key}}};
}

Task<Outcome> Deployer::apply_zone(Topology topology) {
  const std::string name = routing_stack_name(topology);
  const json::object routing = co_await cloud_.stack_at_rest(topology.home, name);
  if (can_only_be_deleted(json::string_or(routing, "StackStatus"))) {
    co_await delete_routing(topology);
  }
  zone_ = co_await find_zone(cloud_, topology);
  if (!zone_.id.empty()) co_return Outcome::kUnchanged;
  StackSpec spec{topology.home, name, json::to_text(zone_template(topology)), {}};
  const Applied applied = co_await apply_stack(std::move(spec));
  zone_.id = require(applied.outputs, "ZoneId", name);
  co_return applied.result.outcome;
}

/// Where the domain leads to another stage than the app's: the key is let in at both, and then the
/// domain moves. In one step the one would be ahead of the other for a moment, and calls refused.
Task<void> Deployer::open_other_stages(Topology topology, std::map<std::string, AppOutputs> apps) {
  std::vector<StackSpec> opened;
  std::vector<StackSpec> moved;
  for (const auto& [region, app] : apps) {
    const json::object front = co_await cloud_.stack_at_rest(region, front_stack_name(topology));
    auto has = parameters_of(front);
    const AppOutputs before{has["ApiId"], has["StageName"]};
    const bool same = before.api_id == app.api_id && before.stage == app.stage;
    if (before.api_id.empty() || same || is_failure(json::string_or(front, "StackStatus")))
      continue;
    for (const bool to_new : {false, true}) {
      const AppOutputs& led = to_new ? app : before;
      const AppOutputs& other = to_new ? before : app;
      StackSpec spec = front_stack(topology, region, led);
      spec.body = json::to_text(moving_front_template(topology));
      spec.parameters["OtherApiId"] = other.api_id;
      spec.parameters["OtherStageName"] = other.stage;
      (to_new ? moved : opened).push_back(std::move(spec));
    }
  }
  co_await apply_stacks(std::move(opened));
  co_await apply_stacks(std::move(moved));
}

Task<std::map<std::string, FrontOutputs>> Deployer::apply_fronts(
    Topology topology, std::map<std::string, AppOutputs> apps, std::vector<StackResult>* results) {
  co_await open_other_stages(topology, apps);
  std::vector<StackSpec> specs;
  for (const Region& region : topology.regions) {
    specs.push_back(front_stack(topology, region.name, apps[region.name]));
  }
  std::map<std::string, FrontOutputs> outputs;
  const std::vector<Applied> all = co_await apply_stacks(std::move(specs));
  for (const Applied& applied : all) {
    results->push_back(applied.result);
    outputs[applied.result.region] = {
        require(applied.outputs, "RegionalDomainName", applied.result.stack),
        require(applied.outputs, "RegionalHostedZoneId", applied.result.stack)};
  }
  co_return outputs;
}

/// True when those to come cannot stand beside the deployed records.
Task<bool> Deployer::must_withdraw_records(Topology topology) {
  const std::string name = routing_stack_name(topology);
  const json::object stack = co_await cloud_.stack_at_rest(topology.home, name);
  if (stack.empty()) co_return false;
  json::object input{{"StackName", name}};
  const json::object answer =
      co_await cloud_.call(topology.home, "cloudformation", "GetTemplate", std::move(input));
  const auto deployed = json::parse_text(json::string_or(answer, "TemplateBody"));
  if (!deployed || !deployed.value().is_object()) co_return false;
  co_return has_records_that_clash(deployed.value().as_object(), topology);
}

Task<StackResult> Deployer::apply_routing(Topology topology, std::map<std::string, AppOutputs> apps,
                                          std::map<std::string, FrontOutputs> fronts) {
  const json::object routing = routing_template(topology, zone_.owner);
  StackSpec spec{topology.home, routing_stack_name(topology), json::to_text(routing),
                 routing_parameters(topology, apps, fronts)};
  if (zone_.owner == ZoneOwner::kAccount) spec.parameters["ZoneId"] = zone_.id;
  const bool withdraw = co_await must_withdraw_records(topology);
  if (withdraw) {
    StackSpec bare = spec;
    bare.body = json::to_text(without_records(routing));
    co_await apply_stack(std::move(bare));
  }
  const Applied applied = co_await apply_stack(std::move(spec));
  co_return applied.result;
}

/// An earlier application may have ended between an app stack and its front: the domain leads to a
/// stage that is no stack's any more, and an edit that was taken back wants its name. The domain is
/// led to what the app stack has now; then the name is free.
Task<void> Deployer::finish_interrupted(Topology topology) {
  for (const Region& region : topology.regions) {
    const json::object app = co_await cloud_.stack_at_rest(region.name, app_stack_name(topology));
    const auto left = co_await find_leftovers(cloud_, region.name, app_stack_name(topology));
    if (left.empty()) continue;
    const json::object front =
        co_await cloud_.stack_at_rest(region.name, front_stack_name(topology));
    const Outputs has = outputs_of(app);
    if (!front.empty() && has.contains("ApiId") && has.contains("StageName")) {
      const AppOutputs now{has.at("ApiId"), has.at("StageName")};
      std::map<std::string, AppOutputs> only{{region.name, now}};
      co_await open_other_stages(topology, std::move(only));
      StackSpec spec = front_stack(topology, region.name, now);
      co_await apply_stack(std::move(spec));
    }
    co_await remove_leftovers(topology, region.name);
  }
}

Task<void> Deployer::remove_leftovers(Topology topology, std::string region) {
  const std::string stack = app_stack_name(topology);
  const std::vector<Leftover> left = co_await find_leftovers(cloud_, region, stack);
  for (const Leftover& one : left) {
    const std::string reason = co_await remove_leftover(cloud_, region, one);
    if (reason.empty() || !progress_) continue;
    progress_({region, stack, one.logical_id, one.type, "DELETE_FAILED",
               fmt::format("{} is in use by something that is not of this deployment: {}",
                           one.physical_id, reason)});
  }
}

/// The data and routing stacks cannot move: the table's data are in them.
Task<void> Deployer::check_home(Topology topology, std::vector<std::string> leaving) {
  std::vector<std::string> others = leaving;
  for (const Region& region : topology.regions) others.push_back(region.name);
  for (const std::string& region : others) {
    if (region == topology.home) continue;
    const json::object stack = co_await cloud_.stack(region, data_stack_name(topology));
    if (stack.empty()) continue;
    throw Refused(why_another(topology, {topology.name, region}));
  }
}

Task<void> Deployer::remove_app(Topology topology, std::string region) {
  co_await delete_stack(region, front_stack_name(topology));
  co_await delete_stack(region, app_stack_name(topology));
}

Task<void> Deployer::leave_region(Topology topology, std::string region) {
  co_await remove_app(topology, region);
  co_await empty_bucket(region, bucket_name(topology, region));
}

Task<std::vector<StackResult>> Deployer::apply(Topology topology,
                                               std::vector<std::string> leaving) {
  co_await check_home(topology, leaving);
  std::vector<StackResult> results;
  if (options_.replace_data_stack) {
    co_await delete_stack(topology.home, data_stack_name(topology));
  }
  const StackSpec data = data_stack(topology, leaving);
  const Applied data_applied = co_await apply_stack(data);
  results.push_back(data_applied.result);
  const Outcome zone = co_await apply_zone(topology);
  co_await finish_interrupted(topology);
  const auto apps = co_await apply_apps(topology, &results);
  const auto fronts = co_await apply_fronts(topology, apps, &results);
  StackResult routing = co_await apply_routing(topology, apps, fronts);
  if (zone == Outcome::kCreated) routing.outcome = zone;
  results.push_back(routing);
  for (const StackResult& one : results) {
    const bool may_leave =
        one.stack == app_stack_name(topology) && one.outcome == Outcome::kUpdated;
    if (may_leave) co_await remove_leftovers(topology, one.region);
  }
  if (leaving.empty()) co_return results;
  for (const std::string& region : leaving) {
    co_await leave_region(topology, region);
    if (options_.before_drop) {
      Task<void> dropping = options_.before_drop(region);
      co_await std::move(dropping);
    }
  }
  const Applied data_left = co_await apply_stack(data_stack(topology));
  results.front() = data_left.result;
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

Task<void> Deployer::delete_routing(Topology topology) {
  const std::string name = routing_stack_name(topology);
  // A front that is still being made would write its certificate's record into the zone once more.
  for (const Region& region : topology.regions) {
    co_await cloud_.stack_at_rest(region.name, front_stack_name(topology));
  }
  co_await cloud_.stack_at_rest(topology.home, name);
  const auto resources = co_await cloud_.resources(topology.home, name);
  for (const ResourceState& one : resources) {
    if (one.type != "AWS::Route53::HostedZone" || one.physical_id.empty()) continue;
    try {
      co_await remove_validation_records(cloud_, one.physical_id);
    } catch (const aws::ApiError& error) {
      if (!is_missing(error)) throw;
    }
  }
  co_await delete_stack(topology.home, name);
}

Task<void> Deployer::empty_bucket(std::string region, std::string bucket) {
  try {
    for (;;) {
      json::object list{{"Bucket", bucket}};
      const json::object answer =
          co_await cloud_.call(region, "s3", "ListObjectsV2", std::move(list));
      const auto* contents = json::find_array(answer, "Contents");
      if (contents == nullptr || contents->empty()) break;
      for (const json::value& entry : *contents) {
        json::object remove{{"Bucket", bucket}, {"Key", json::string_or(entry.as_object(), "Key")}};
        co_await cloud_.call(region, "s3", "DeleteObject", std::move(remove));
      }
    }
    json::object remove{{"Bucket", bucket}};
    co_await cloud_.call(region, "s3", "DeleteBucket", std::move(remove));
  } catch (const aws::ApiError& error) {
    if (error.code() != "NoSuchBucket") throw;
  }
}

Task<void> Deployer::destroy(Topology topology, Data data) {
  co_await delete_routing(topology);
  for (const Region& region : topology.regions) co_await leave_region(topology, region.name);
  if (data == Data::kDelete) co_await delete_stack(topology.home, data_stack_name(topology));
}

}  // namespace tandem::topology
