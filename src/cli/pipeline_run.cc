// Runs pipelines and shows their stages as they go; shows what their builds log.
#include <chrono>
#include <fmt/format.h>
#include <map>
#include <unistd.h>

#include "aws/error.h"
#include "cli/harmless.h"
#include "cli/pipelines.h"
#include "core/clock.h"
#include "core/ids.h"

namespace tandem::cli {
namespace {

using topology::PipelineAt;
using topology::RunView;
using topology::StageView;

constexpr std::chrono::milliseconds kLook{300};
constexpr std::size_t kLastLines = 20;

double now_s() { return static_cast<double>(core::SystemClock().now_ms()) / 1000; }

Task<std::string> start(topology::Cloud cloud, PipelineAt at) {
  core::SystemRandom random;
  // So that a request which is sent twice starts one run.
  json::object ask{{"name", at.name}, {"clientRequestToken", core::uuid4(random)}};
  const json::object answer =
      co_await cloud.call(at.region, "codepipeline", "StartPipelineExecution", std::move(ask));
  co_return json::string_or(answer, "pipelineExecutionId");
}

/// One run as it goes: a line for each stage that has ended or waits, and on a terminal a line that
/// moves for the one under way.
class LiveView {
 public:
  explicit LiveView(std::string region) : region_(std::move(region)) {}

  void show(const RunView& run) {
    for (const StageView& stage : run.stages) {
      const std::string state = state_of(stage, run);
      std::string& shown = shown_[stage.name];
      const bool rests = stage.status != "InProgress" || state != said(stage.status);
      if (!rests || state == "-" || state == shown) continue;
      shown = state;
      clear();
      remark(line_of(stage, state, run));
    }
    if (moving_) show_moving(run);
  }
  void clear() const {
    if (moving_) fmt::print(stderr, "\r\033[K");
  }

 private:
  std::string line_of(const StageView& stage, const std::string& state, const RunView& run) const {
    const bool is_first = &stage == &run.stages.front();
    return fmt::format("  {:<14} {:<12} {:<12} {:>10}  {}", region_, stage.name, state,
                       duration_text(stage.seconds(now_s())), is_first ? revision_text(run) : "");
  }
  void show_moving(const RunView& run) const {
    for (const StageView& stage : run.stages) {
      if (stage.status != "InProgress") continue;
      std::string what;
      for (const auto& action : stage.actions) {
        if (action.status == "InProgress") what = action.name + " " + action.summary;
      }
      const std::string line = fmt::format("  {:<14} {:<12} {:>10}  {}", region_, stage.name,
                                           duration_text(stage.seconds(now_s())), what);
      fmt::print(stderr, "\r\033[K{}", harmless(line, Lines::kEscape).substr(0, 110));
    }
  }

  std::string region_;
  bool moving_ = on_terminal(STDERR_FILENO);
  std::map<std::string, std::string> shown_;
};

/// A run that is followed.
struct Followed {
  PipelineAt at;
  std::string id;
  LiveView view;
  std::optional<RunView> run;
};

void look(Pipelines& pipelines, Followed& followed) {
  auto run =
      pipelines.client().run(topology::read_run(pipelines.cloud(), followed.at, followed.id));
  if (!run)
    throw Failure(kFailed, fmt::format("pipeline {} has no execution {} any more", followed.at.name,
                                       followed.id));
  followed.run = std::move(run);
  followed.view.show(*followed.run);
}

void pause(Pipelines& pipelines) { pipelines.client().run(core::sleep_for(kLook)); }

/// Why a run failed: what its actions say, and what their builds logged last.
void explain(Pipelines& pipelines, const Followed& followed) {
  for (const StageView& stage : followed.run->stages) {
    for (const auto& action : stage.actions) {
      if (action.error.empty()) continue;
      remark(fmt::format("tandem: {} {}/{}: {}", followed.at.deploys_to, stage.name, action.name,
                         action.error));
      if (action.provider != "CodeBuild" || action.external_id.empty()) continue;
      BuildLog log(followed.at.region, action.external_id);
      const auto lines = pipelines.client().run(log.read(pipelines.cloud()));
      const std::size_t first = lines.size() > kLastLines ? lines.size() - kLastLines : 0;
      for (std::size_t i = first; i < lines.size(); ++i) {
        remark("    " + harmless(lines[i].message, Lines::kEscape));
      }
    }
  }
}

Followed begin(Pipelines& pipelines, const PipelineAt& at) {
  const std::string id = pipelines.client().run(start(pipelines.cloud(), at));
  return {at, id, LiveView(at.deploys_to), std::nullopt};
}

void follow_to_the_end(Pipelines& pipelines, std::vector<Followed>& all) {
  for (;;) {
    bool under_way = false;
    for (Followed& followed : all) {
      if (followed.run && followed.run->ended()) continue;
      look(pipelines, followed);
      under_way = under_way || !followed.run->ended();
    }
    if (!under_way) break;
    pause(pipelines);
  }
  for (const Followed& followed : all) followed.view.clear();
}

int report(const Common& common, Pipelines& pipelines, const std::vector<Followed>& all,
           std::size_t planned) {
  bool good = all.size() == planned;
  json::array runs;
  for (const Followed& followed : all) {
    good = good && followed.run && followed.run->succeeded();
    if (followed.run && !followed.run->succeeded() && followed.run->ended()) {
      explain(pipelines, followed);
    }
    runs.push_back(to_json(followed.at, followed.run));
    if (common.format() == Format::kJson || !followed.run) continue;
    print(fmt::format("{}: {} ({}) {}", followed.at.deploys_to, said(followed.run->status),
                      duration_text(now_s() - followed.run->begun_s),
                      revision_text(*followed.run)));
  }
  if (common.format() == Format::kJson) print_json(json::object{{"runs", std::move(runs)}});
  if (all.size() < planned) {
    remark(
        "tandem: the other regions keep the version they have; 'tandem pipeline run' begins with "
        "the first region again");
  }
  return good ? 0 : kFailed;
}

int report_started(const Common& common, const std::vector<Followed>& all) {
  json::array runs;
  for (const Followed& followed : all) {
    if (common.format() != Format::kJson) {
      print(fmt::format("{}: {} started", followed.at.deploys_to, followed.id));
    }
    RunView begun;
    begun.id = followed.id;
    begun.status = "InProgress";
    runs.push_back(to_json(followed.at, begun));
  }
  if (common.format() == Format::kJson) print_json(json::object{{"runs", std::move(runs)}});
  return 0;
}

}  // namespace

int run_pipelines(const Common& common, const std::string& region, bool at_once, bool wait) {
  Pipelines pipelines(common, region);
  std::vector<Followed> all;
  if (at_once || !wait) {
    for (const PipelineAt& at : pipelines.all()) all.push_back(begin(pipelines, at));
    if (!wait) return report_started(common, all);
    follow_to_the_end(pipelines, all);
    return report(common, pipelines, all, pipelines.all().size());
  }
  // One region after the other, so that a version which is bad reaches no more than one.
  for (const PipelineAt& at : pipelines.all()) {
    std::vector<Followed> one;
    one.push_back(begin(pipelines, at));
    follow_to_the_end(pipelines, one);
    const bool good = one.front().run->succeeded();
    all.push_back(std::move(one.front()));
    if (!good) break;
  }
  return report(common, pipelines, all, pipelines.all().size());
}

namespace {

class LogView {
 public:
  LogView(const Common& common, std::string stage) : common_(common), stage_(std::move(stage)) {}

  /// False when every run has ended.
  bool show(Pipelines& pipelines) {
    bool under_way = false;
    for (const PipelineAt& at : pipelines.all()) {
      const auto run = pipelines.newest(at);
      if (!run) continue;
      under_way = under_way || !run->ended();
      for (const StageView& stage : run->stages) {
        if (!stage_.empty() && stage.name != stage_) continue;
        for (const auto& action : stage.actions) {
          if (action.provider == "CodeBuild") show_build(pipelines, at, stage.name, action);
        }
      }
    }
    return under_way;
  }
  void finish() {
    if (common_.format() == Format::kJson) print_json(std::move(lines_));
  }
  bool any() const { return !builds_.empty(); }

 private:
  void show_build(Pipelines& pipelines, const PipelineAt& at, const std::string& stage,
                  const topology::ActionView& action) {
    if (action.external_id.empty()) return;
    auto& log =
        builds_.try_emplace(action.external_id, at.region, action.external_id).first->second;
    for (const BuildLine& line : pipelines.client().run(log.read(pipelines.cloud()))) {
      if (common_.format() == Format::kJson) {
        lines_.push_back(json::object{{"deploysTo", at.deploys_to},
                                      {"stage", stage},
                                      {"timestamp", line.timestamp_ms},
                                      {"message", line.message}});
      } else {
        print(fmt::format("{:<14} {:<8} {}", at.deploys_to, stage,
                          harmless(line.message, Lines::kEscape)));
      }
    }
  }

  const Common& common_;
  std::string stage_;
  std::map<std::string, BuildLog> builds_;
  json::array lines_;
};

}  // namespace

int show_pipeline_logs(const Common& common, const std::string& region, const std::string& stage,
                       bool follow) {
  if (follow && common.format() == Format::kJson) {
    throw Failure(kUsage, "--follow has no end and JSON is one document; leave one of them out");
  }
  Pipelines pipelines(common, region);
  LogView view(common, stage);
  while (view.show(pipelines) && follow) pause(pipelines);
  view.finish();
  if (!view.any() && common.format() != Format::kJson) {
    remark("tandem: no build has begun; 'tandem pipeline status' shows where the runs are");
  }
  return 0;
}

}  // namespace tandem::cli
