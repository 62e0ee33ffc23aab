// Shows what the builds of pipelines log.
#include <chrono>
#include <fmt/format.h>
#include <map>
#include <set>

#include "cli/harmless.h"
#include "cli/pipelines.h"

namespace tandem::cli {
namespace {

using topology::PipelineAt;
using topology::StageView;
using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{300};
/// With a region that goes away while it is followed.
constexpr std::chrono::seconds kPatience{120};

class LogView {
 public:
  LogView(const Common& common, std::string stage, bool follow)
      : common_(common), stage_(std::move(stage)), follow_(follow) {}

  /// False when every run has ended.
  bool show(Pipelines& pipelines) {
    bool under_way = false;
    for (const PipelineAt& at : pipelines.all()) {
      if (lost_.contains(at.deploys_to)) continue;
      try {
        under_way = show_run(pipelines, at) || under_way;
        silent_since_.erase(at.deploys_to);
      } catch (const aws::ApiError& error) {
        under_way = is_waited_for(pipelines, at, error) || under_way;
      }
    }
    return under_way;
  }
  void finish() {
    if (common_.format() == Format::kJson && !follow_) print_json(std::move(lines_));
  }
  bool any() const { return !builds_.empty(); }

 private:
  /// False when it has ended.
  bool show_run(Pipelines& pipelines, const PipelineAt& at) {
    const auto run = pipelines.newest(at);
    if (!run) return false;
    for (const StageView& stage : run->stages) {
      if (!stage_.empty() && stage.name != stage_) continue;
      for (const auto& action : stage.actions) {
        if (action.provider == "CodeBuild") show_build(pipelines, at, stage.name, action);
      }
    }
    return !run->ended();
  }

  /// While it is followed, a run whose region has gone away goes on when that is back.
  bool is_waited_for(Pipelines& pipelines, const PipelineAt& at, const aws::ApiError& error) {
    const auto now = SteadyClock::now();
    const auto [since, first] = silent_since_.try_emplace(at.deploys_to, now);
    if (follow_ && is_outage(error) && now - since->second < kPatience) {
      if (first) {
        remark(
            fmt::format("tandem: {0} does not answer: it is waited for, {1} s ('tandem region "
                        "start {0}' starts it)",
                        at.region, kPatience.count()));
      }
      return true;
    }
    pipelines.lose(at, error);
    lost_.insert(at.deploys_to);
    return false;
  }

  void show_build(Pipelines& pipelines, const PipelineAt& at, const std::string& stage,
                  const topology::ActionView& action) {
    if (action.external_id.empty()) return;
    auto& log =
        builds_.try_emplace(action.external_id, at.region, action.external_id).first->second;
    for (const BuildLine& line : pipelines.client().run(log.read(pipelines.cloud()))) {
      show_line(at, stage, line);
    }
  }

  void show_line(const PipelineAt& at, const std::string& stage, const BuildLine& line) {
    if (common_.format() == Format::kJson) {
      json::object shown{{"deploysTo", at.deploys_to},
                         {"stage", stage},
                         {"timestamp", line.timestamp_ms},
                         {"message", without_line_end(line.message)}};
      follow_ ? print_json(shown) : lines_.push_back(std::move(shown));
      return;
    }
    for (const std::string& text : lines_of(line.message)) {
      print(fmt::format("{:<14} {:<8} {}", at.deploys_to, stage, harmless(text, Lines::kEscape)));
    }
  }

  const Common& common_;
  std::string stage_;
  bool follow_;
  std::map<std::string, BuildLog> builds_;
  std::map<std::string, SteadyClock::time_point> silent_since_;
  std::set<std::string> lost_;
  json::array lines_;
};

/// Throws a usage Failure when no action of that stage is a build, in any pipeline that answers.
void check_builds(Pipelines& pipelines, const std::string& stage) {
  bool asked = false;
  for (const PipelineAt& at : pipelines.all()) {
    try {
      const auto declared = pipelines.client().run(read_declaration(pipelines.cloud(), at));
      if (topology::has_builds(declared, stage)) return;
      asked = true;
    } catch (const aws::ApiError& error) {
      pipelines.lose(at, error);
    }
  }
  if (asked) throw Failure(kUsage, fmt::format("stage {} has no builds", stage));
}

}  // namespace

int show_pipeline_logs(const Common& common, const std::string& region, const std::string& stage,
                       bool follow) {
  Pipelines pipelines(common, region);
  pipelines.check_stage(stage);
  if (!stage.empty()) check_builds(pipelines, stage);
  LogView view(common, stage, follow);
  while (view.show(pipelines) && follow) pipelines.client().run(core::sleep_for(kLook));
  view.finish();
  if (!view.any() && common.format() != Format::kJson) {
    remark("tandem: no build has begun; 'tandem pipeline status' shows where the runs are");
  }
  return pipelines.exit_code(0);
}

}  // namespace tandem::cli
