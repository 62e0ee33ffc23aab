#include "cli/pipelines.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <set>

#include "cli/world.h"
#include "core/clock.h"
#include "core/text.h"
#include "service/effects.h"

namespace tandem::cli {
namespace {

constexpr std::size_t kShortId = 7;
constexpr std::size_t kShownMessage = 60;
constexpr std::size_t kMostPages = 200;

std::string gate_text(const topology::StageView& stage) {
  return "its inbound transition is disabled" +
         (stage.held.empty() ? std::string() : fmt::format(" ({})", stage.held));
}

double tenths(double seconds) { return std::round(seconds * 10) / 10; }

json::object to_json(const topology::ActionView& action) {
  json::object one{{"name", action.name}, {"status", action.status}};
  if (!action.external_id.empty()) one["externalExecutionId"] = action.external_id;
  if (!action.error.empty()) one["error"] = action.error;
  if (action.waits_for_approval) one["waitsForApproval"] = true;
  return one;
}

json::object to_json(const topology::StageView& stage) {
  json::array actions;
  for (const topology::ActionView& action : stage.actions) actions.push_back(to_json(action));
  json::object one{{"name", stage.name},
                   {"status", stage.status},
                   {"seconds", tenths(stage.seconds(now_s()))},
                   {"actions", std::move(actions)}};
  if (stage.waits) one["waits"] = true;
  if (stage.is_held) one["heldFor"] = stage.held;
  return one;
}

}  // namespace

Pipelines::Pipelines(const Common& common, const std::string& region)
    : world_(topology::LocalWorld::open(common.file)), client_(world_.config()) {
  if (!region.empty()) {
    check_known(world_, region);
    if (region == "global") throw Failure(kUsage, "nothing is deployed to global; name a region");
  }
  check_running();
  find(common, region);
  for (const auto& [deploys_to, why] : unknown_) {
    remark(fmt::format("tandem: the pipeline for {} could not be asked: {}", deploys_to, why));
  }
}

void Pipelines::check_running() const {
  const auto processes = world_.processes();
  const bool all_stopped = std::ranges::all_of(
      processes, [](const auto& process) { return process.life == topology::Life::kStopped; });
  if (!all_stopped) return;
  throw Failure(kNotRunning,
                "nothing runs here; 'tandem up --no-deploy' starts the processes and changes "
                "nothing else");
}

void Pipelines::find(const Common& common, const std::string& region) {
  std::set<std::string> silent;
  std::map<std::string, std::string> advice;
  for (const auto& process : world_.processes()) {
    if (process.name == "global" || process.answers()) continue;
    silent.insert(process.name);
    advice[process.name] = topology::advice(process);
  }
  topology::Topology topology = load_settled(common, world_);
  auto found = client_.run(
      topology::find_pipelines(cloud(), std::move(topology), region, std::move(silent)));
  all_ = std::move(found.all);
  for (const auto& [deploys_to, place] : found.unknown) unknown_[deploys_to] = advice[place];
  if (!all_.empty()) return;
  if (!unknown_.empty()) throw Failure(kNotRunning, unknown_.begin()->second);
  throw Failure(kUsage, fmt::format("there is no pipeline{}; 'tandem pipeline up' makes one for "
                                    "each region",
                                    region.empty() ? "" : " for " + region));
}

std::optional<topology::RunView> Pipelines::newest(const topology::PipelineAt& at) {
  return client_.run(topology::read_run(cloud(), at, ""));
}

json::object Pipelines::state(const topology::PipelineAt& at) {
  return client_.run(topology::read_state(cloud(), at));
}

void Pipelines::lose(const topology::PipelineAt& at, const aws::ApiError& error) {
  if (!is_outage(error)) throw aws::ApiError(error);
  if (!unknown_.emplace(at.deploys_to, error.message()).second) return;
  remark(fmt::format("tandem: the pipeline for {} could not be asked: {}", at.deploys_to,
                     error.message()));
}

json::object Pipelines::unknown() const {
  json::object shown;
  for (const auto& [deploys_to, why] : unknown_) shown[deploys_to] = why;
  return shown;
}

int Pipelines::exit_code(int code) const {
  return code == 0 && !unknown_.empty() ? kNotRunning : code;
}

void Pipelines::check_stage(const std::string& stage) {
  if (stage.empty()) return;
  std::vector<std::string> known;
  for (const topology::PipelineAt& at : all_) {
    try {
      for (std::string& name : topology::stages_in(state(at))) {
        if (name == stage) return;
        if (std::ranges::find(known, name) == known.end()) known.push_back(std::move(name));
      }
    } catch (const aws::ApiError& error) {
      lose(at, error);
    }
  }
  if (known.empty()) return;
  throw Failure(
      kUsage, fmt::format("there is no stage '{}'; there are {}", stage, core::join(known, ", ")));
}

bool is_outage(const aws::ApiError& error) {
  return error.status() >= 500 || error.code() == service::kOutcomeUnknown;
}

double now_s() { return static_cast<double>(core::SystemClock().now_ms()) / 1000; }

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

bool is_held(const topology::StageView& stage) {
  return stage.is_held && stage.waits && stage.status.empty();
}

std::string release_of(const topology::PipelineAt& at, const topology::StageView& stage) {
  return fmt::format(
      "tandem exec -- aws codepipeline enable-stage-transition --region {} --pipeline-name {} "
      "--stage-name {} --transition-type Inbound",
      at.region, shell_word(at.name), shell_word(stage.name));
}

std::string state_of(const topology::StageView& stage) {
  for (const topology::ActionView& action : stage.actions) {
    if (action.waits_for_approval) return "waits for approval ('tandem pipeline approve')";
  }
  if (!stage.status.empty()) return said(stage.status);
  if (!stage.waits) return "-";
  if (is_held(stage)) return "held: " + gate_text(stage);
  if (stage.other_waits_for_approval) {
    return "waiting: an earlier run waits for approval there ('tandem pipeline approve')";
  }
  return "waiting";
}

std::string state_and_gate_of(const topology::StageView& stage) {
  std::string state = state_of(stage);
  if (!stage.is_held || is_held(stage)) return state;
  return fmt::format("{}; {}", state, gate_text(stage));
}

std::string failure_text(const topology::ActionView& action) {
  constexpr std::string_view kRejected = "JobFailed: ";
  if (action.provider != "Manual" || !action.error.starts_with(kRejected)) return action.error;
  const std::string summary = action.error.substr(kRejected.size());
  // One that nobody answered fails with the same code.
  if (summary.ends_with("was not approved or rejected within its time")) return action.error;
  const bool says_no_more = summary.empty() || summary == "Rejected" || summary == "rejected";
  return says_no_more ? "rejected" : "rejected: " + summary;
}

std::vector<std::string> reasons_of(const topology::PipelineAt& at, const topology::RunView& run) {
  std::vector<std::string> lines;
  for (const auto* list : {&run.stages, &run.gone}) {
    for (const topology::StageView& stage : *list) {
      for (const topology::ActionView& action : stage.actions) {
        if (action.error.empty()) continue;
        lines.push_back(fmt::format("{} {}/{}: {}", at.deploys_to, stage.name, action.name,
                                    failure_text(action)));
      }
    }
  }
  for (const topology::StageView& stage : run.stages) {
    if (!is_held(stage)) continue;
    lines.push_back(fmt::format("{} {} is held; this releases it: {}", at.deploys_to, stage.name,
                                release_of(at, stage)));
  }
  const auto tells = [&](const topology::StageView& stage) { return stage.status == run.status; };
  if (run.ended() && !run.succeeded() && !std::ranges::any_of(run.stages, tells)) {
    const bool in_gone = std::ranges::any_of(run.gone, tells);
    lines.push_back(fmt::format("{}: the run ended as {}{}", at.deploys_to, run.status,
                                in_gone ? ", in a stage that the pipeline no longer has" : ""));
  }
  return lines;
}

json::object to_json(const topology::PipelineAt& at, const std::optional<topology::RunView>& run) {
  json::object shown{{"deploysTo", at.deploys_to},
                     {"region", at.region},
                     {"stack", at.stack},
                     {"pipeline", at.name}};
  if (!run) return shown;
  json::array stages;
  for (const topology::StageView& stage : run->stages) stages.push_back(to_json(stage));
  shown["execution"] = json::object{{"id", run->id},
                                    {"status", run->status},
                                    {"trigger", run->trigger},
                                    {"revision", run->revision},
                                    {"revisionSummary", run->revision_summary},
                                    {"seconds", tenths(run->seconds(now_s()))},
                                    {"stages", std::move(stages)}};
  return shown;
}

Task<void> BuildLog::find(topology::Cloud cloud) {
  json::object ask{{"ids", json::array{json::string(build_)}}};
  const json::object answer =
      co_await cloud.call(region_, "codebuild", "BatchGetBuilds", std::move(ask));
  const auto* builds = json::find_array(answer, "builds");
  if (builds == nullptr || builds->empty()) co_return;
  const auto* logs = json::find_object(builds->front().as_object(), "logs");
  if (logs == nullptr) co_return;
  group_ = json::string_or(*logs, "groupName");
  stream_ = json::string_or(*logs, "streamName");
}

Task<std::vector<BuildLine>> BuildLog::read(topology::Cloud cloud) {
  std::vector<BuildLine> lines;
  if (group_.empty() || stream_.empty()) co_await find(cloud);
  if (group_.empty() || stream_.empty()) co_return lines;
  for (std::size_t page = 0; page < kMostPages; ++page) {
    json::object ask{{"logGroupName", group_}, {"logStreamName", stream_}, {"startFromHead", true}};
    if (!next_.empty()) ask["nextToken"] = next_;
    json::object answer;
    try {
      answer = co_await cloud.call(region_, "logs", "GetLogEvents", std::move(ask));
    } catch (const aws::ApiError& error) {
      const bool not_yet = error.code() == "ResourceNotFoundException";
      // What was read is shown; the next question meets the error again.
      if (!not_yet && lines.empty()) throw;
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
