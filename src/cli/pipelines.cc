#include "cli/pipelines.h"

#include <cmath>
#include <fmt/format.h>

#include "aws/error.h"
#include "cli/world.h"
#include "core/clock.h"

namespace tandem::cli {
namespace {

constexpr std::size_t kShortId = 7;
constexpr std::size_t kShownMessage = 60;
constexpr std::size_t kMostPages = 200;

topology::Topology settled_topology(const Common& common, const topology::LocalWorld& world) {
  return load_settled(common, world);
}

}  // namespace

Pipelines::Pipelines(const Common& common, const std::string& region)
    : world_(topology::LocalWorld::open(common.file)), client_(world_.config()) {
  if (!region.empty()) {
    check_known(world_, region);
    if (region == "global") throw Failure(kUsage, "nothing is deployed to global; name a region");
  }
  for (const auto& process : world_.processes()) {
    if (!process.answers()) throw Failure(kNotRunning, topology::advice(process));
  }
  topology::Topology topology = settled_topology(common, world_);
  all_ = client_.run(topology::find_pipelines(cloud(), std::move(topology)));
  if (!region.empty()) {
    std::erase_if(all_, [&](const auto& at) { return at.deploys_to != region; });
  }
  if (all_.empty()) {
    throw Failure(kUsage, fmt::format("there is no pipeline{}; 'tandem pipeline up' makes one for "
                                      "each region",
                                      region.empty() ? "" : " for " + region));
  }
}

std::optional<topology::RunView> Pipelines::newest(const topology::PipelineAt& at) {
  return client_.run(topology::read_run(cloud(), at, ""));
}

std::string said(const std::string& status) {
  return status == "InProgress" ? "in progress" : status.empty() ? "-" : status;
}

std::string duration_text(double seconds) {
  if (seconds <= 0) return "";
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  return fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

std::string revision_text(const topology::RunView& run) {
  std::string text = run.revision.substr(0, run.revision.size() == 40 ? kShortId : 40);
  const std::string first = run.revision_summary.substr(0, run.revision_summary.find('\n'));
  if (!first.empty()) text += " " + first.substr(0, kShownMessage);
  return text;
}

std::string state_of(const topology::StageView& stage, const topology::RunView& run) {
  for (const topology::ActionView& action : stage.actions) {
    if (!action.token.empty() && action.status == "InProgress") {
      return "waits for approval ('tandem pipeline approve')";
    }
  }
  if (!stage.status.empty()) return said(stage.status);
  if (stage.is_held && !run.ended()) {
    return "held: its inbound transition is disabled" +
           (stage.held.empty() ? std::string() : fmt::format(" ({})", stage.held));
  }
  return "-";
}

json::object to_json(const topology::PipelineAt& at, const std::optional<topology::RunView>& run) {
  json::object shown{{"deploysTo", at.deploys_to},
                     {"region", at.region},
                     {"stack", at.stack},
                     {"pipeline", at.name}};
  if (!run) return shown;
  const double now_s = static_cast<double>(core::SystemClock().now_ms()) / 1000;
  json::array stages;
  for (const topology::StageView& stage : run->stages) {
    json::array actions;
    for (const topology::ActionView& action : stage.actions) {
      json::object one{{"name", action.name}, {"status", action.status}};
      if (!action.external_id.empty()) one["externalExecutionId"] = action.external_id;
      if (!action.error.empty()) one["error"] = action.error;
      if (!action.token.empty() && action.status == "InProgress") one["waitsForApproval"] = true;
      actions.push_back(std::move(one));
    }
    json::object one{{"name", stage.name},
                     {"status", stage.status},
                     {"seconds", std::round(stage.seconds(now_s) * 10) / 10},
                     {"actions", std::move(actions)}};
    if (stage.is_held) one["heldFor"] = stage.held;
    stages.push_back(std::move(one));
  }
  shown["execution"] = json::object{{"id", run->id},
                                    {"status", run->status},
                                    {"trigger", run->trigger},
                                    {"revision", run->revision},
                                    {"revisionSummary", run->revision_summary},
                                    {"stages", std::move(stages)}};
  return shown;
}

Task<std::vector<BuildLine>> BuildLog::read(topology::Cloud cloud) {
  std::vector<BuildLine> lines;
  if (group_.empty()) {
    json::object ask{{"ids", json::array{json::string(build_)}}};
    const json::object answer =
        co_await cloud.call(region_, "codebuild", "BatchGetBuilds", std::move(ask));
    const auto* builds = json::find_array(answer, "builds");
    if (builds == nullptr || builds->empty()) co_return lines;
    const auto* logs = json::find_object(builds->front().as_object(), "logs");
    if (logs == nullptr) co_return lines;
    group_ = json::string_or(*logs, "groupName");
    stream_ = json::string_or(*logs, "streamName");
    if (group_.empty() || stream_.empty()) co_return lines;
  }
  for (std::size_t page = 0; page < kMostPages; ++page) {
    json::object ask{{"logGroupName", group_}, {"logStreamName", stream_}, {"startFromHead", true}};
    if (!next_.empty()) ask["nextToken"] = next_;
    json::object answer;
    try {
      answer = co_await cloud.call(region_, "logs", "GetLogEvents", std::move(ask));
    } catch (const aws::ApiError& error) {
      if (error.code() != "ResourceNotFoundException") throw;
      co_return lines;
    }
    const auto* events = json::find_array(answer, "events");
    for (std::size_t i = 0; events != nullptr && i < events->size(); ++i) {
      const json::object& event = (*events)[i].as_object();
      lines.push_back({json::int_or(event, "timestamp", 0), json::string_or(event, "message")});
    }
    std::string next = json::string_or(answer, "nextForwardToken");
    if (next == next_) break;  // The same token again is the end ("GetLogEvents").
    next_ = std::move(next);
  }
  co_return lines;
}

}  // namespace tandem::cli
