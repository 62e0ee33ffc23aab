// Runs pipelines and shows their stages as they go, also when a region ends in the middle: the
// execution goes on once it is back.
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>

#include "aws/error.h"
#include "cli/harmless.h"
#include "cli/pipelines.h"
#include "core/ids.h"
#include "core/text.h"

namespace tandem::cli {
namespace {

using topology::PipelineAt;
using topology::RunView;
using topology::StageView;

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{300};
constexpr std::size_t kLastLines = 20;

/// token: so that a request which is sent again starts one run.
Task<std::string> start(topology::Cloud cloud, PipelineAt at, std::string token) {
  json::object ask{{"name", at.name}, {"clientRequestToken", token}};
  const json::object answer =
      co_await cloud.call(at.region, "codepipeline", "StartPipelineExecution", std::move(ask));
  co_return json::string_or(answer, "pipelineExecutionId");
}

/// One run as it goes: a line for each stage that has ended or waits, and on a terminal a line that
/// moves for the one under way.
class LiveView {
 public:
  explicit LiveView(PipelineAt at) : at_(std::move(at)), region_(at_.deploys_to) {}

  /// Its region has gone away, or is back.
  void tell(const std::string& what) const {
    clear();
    remark(fmt::format("  {:<14} {}", region_, what));
  }

  void show(const RunView& run) {
    for (const StageView& stage : run.stages) {
      // The run was read before its stages: the next look has the revision, too.
      const bool is_source = &stage == &run.stages.front() && stage.status == "Succeeded";
      const bool lacks_revision = is_source && run.revision.empty() && !run.ended();
      if (lacks_revision && !std::exchange(looked_for_revision_, true)) break;
      const std::string state = state_of(stage);
      std::string& shown = shown_[stage.name];
      // Between two stages a run stands before the second for a moment.
      const bool passes = stage.waits && std::exchange(seen_[stage.name], state) != state;
      const bool rests = stage.status != "InProgress" || state != said(stage.status);
      if (!rests || passes || state == "-" || state == shown) continue;
      shown = state;
      clear();
      remark(line_of(stage, state, run));
      if (is_held(stage)) remark("    this releases it: " + release_of(at_, stage));
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

  PipelineAt at_;
  std::string region_;
  bool moving_ = on_terminal(STDERR_FILENO);
  bool looked_for_revision_ = false;
  std::map<std::string, std::string> shown_;
  std::map<std::string, std::string> seen_;
};

/// A run that is begun and followed.
struct Followed {
  PipelineAt at;
  std::string token;
  LiveView view;
  std::string id;  ///< empty: not begun
  std::optional<RunView> run;
  std::string error;  ///< why nobody knows more of it
  bool unanswered = false;
  std::optional<SteadyClock::time_point> silent_since;

  bool over() const { return !error.empty() || (run && run->ended()); }
};

Followed planned(const PipelineAt& at) {
  core::SystemRandom random;
  return {.at = at, .token = core::uuid4(random), .view = LiveView(at)};
}

class Runner {
 public:
  Runner(Pipelines& pipelines, int patience_s) : pipelines_(pipelines), patience_(patience_s) {}

  /// Begins it, or looks what has become of it.
  void step(Followed& run) {
    try {
      run.id.empty() ? begin(run) : look(run);
      if (run.silent_since) run.view.tell("answered again");
      run.silent_since.reset();
    } catch (const aws::ApiError& error) {
      if (is_outage(error)) {
        wait_for(run, error);
      } else {
        run.error = fmt::format("{}: {}", error.code(), error.message());
      }
    }
  }

  void follow_to_the_end(std::vector<Followed>& all) {
    for (;;) {
      bool under_way = false;
      for (Followed& run : all) {
        if (!run.over()) step(run);
        under_way = under_way || !run.over();
      }
      if (!under_way) break;
      pipelines_.client().run(core::sleep_for(kLook));
    }
    for (const Followed& run : all) run.view.clear();
  }

 private:
  void begin(Followed& run) {
    run.id = pipelines_.client().run(start(pipelines_.cloud(), run.at, run.token));
  }

  void look(Followed& run) {
    auto seen = pipelines_.client().run(topology::read_run(pipelines_.cloud(), run.at, run.id));
    if (!seen) {
      run.error = fmt::format("pipeline {} has no execution {} any more", run.at.name, run.id);
      return;
    }
    run.run = std::move(seen);
    run.view.show(*run.run);
  }

  /// An execution survives the end of its region, so that one is waited for.
  void wait_for(Followed& run, const aws::ApiError& error) {
    const auto now = SteadyClock::now();
    if (!run.silent_since) {
      run.silent_since = now;
      if (patience_.count() > 0) {
        run.view.tell(fmt::format(
            "no answer from {0}: it is waited for, {1} s ('tandem region start {0}' starts it)",
            run.at.region, patience_.count()));
      }
    }
    if (now - *run.silent_since < patience_) return;
    run.unanswered = true;
    run.error =
        run.id.empty()
            ? fmt::format("{} does not answer, so that no run was begun, as far as is known ({})",
                          run.at.region, error.message())
            : fmt::format(
                  "{0} does not answer. The run goes on when it is back: 'tandem "
                  "region start {0}', then 'tandem pipeline status'",
                  run.at.region);
  }

  Pipelines& pipelines_;
  std::chrono::seconds patience_;
};

/// Why an action failed, as far as its build logged it.
void show_failure_of_build(Pipelines& pipelines, const PipelineAt& at, const StageView& stage,
                           const topology::ActionView& action) {
  BuildLog log(at.region, action.external_id);
  const auto lines = pipelines.client().run(log.read(pipelines.cloud()));
  for (const std::string& line : lines_of_failure(lines, kLastLines)) {
    remark("    " + harmless(line, Lines::kEscape));
  }
  remark(fmt::format("tandem: all of it: tandem pipeline logs --region {} --stage {}",
                     at.deploys_to, stage.name));
}

void explain(Pipelines& pipelines, const Followed& followed) {
  for (const StageView& stage : followed.run->stages) {
    for (const auto& action : stage.actions) {
      if (action.error.empty()) continue;
      remark(fmt::format("tandem: {} {}/{}: {}", followed.at.deploys_to, stage.name, action.name,
                         failure_text(action)));
      if (action.provider != "CodeBuild" || action.external_id.empty()) continue;
      try {
        show_failure_of_build(pipelines, followed.at, stage, action);
      } catch (const aws::ApiError& error) {
        remark(fmt::format("tandem: its log could not be read: {}", error.message()));
      }
    }
  }
}

/// 1 when a run failed, else 3 when it is not known of one.
int exit_code_of(const std::vector<Followed>& all) {
  int code = 0;
  for (const Followed& followed : all) {
    if (followed.unanswered) {
      if (code == 0) code = kNotRunning;
    } else if (!followed.error.empty() ||
               (followed.run && followed.run->ended() && !followed.run->succeeded())) {
      code = kFailed;
    }
  }
  return code;
}

/// Of a run, as much as is known.
json::object document_of(const Followed& followed) {
  std::optional<RunView> run = followed.run;
  if (!run && !followed.id.empty()) {
    run = RunView{.id = followed.id, .status = "InProgress"};
  }
  json::object shown = to_json(followed.at, run);
  if (!followed.error.empty()) shown["error"] = followed.error;
  return shown;
}

std::string line_of(const Followed& followed) {
  if (!followed.run) return followed.at.deploys_to + ": " + followed.id + " started";
  const RunView& run = *followed.run;
  return fmt::format("{}: {} ({}) {}", followed.at.deploys_to, said(run.status),
                     duration_text(run.seconds(now_s())), revision_text(run));
}

bool is_superseded(const Followed& followed) {
  return followed.run && followed.run->status == "Superseded";
}

/// Which is no failure, and its stages do not tell.
void say_superseded(Pipelines& pipelines, const Followed& followed) {
  std::string newest;
  try {
    const auto run = pipelines.newest(followed.at);
    if (run && run->id != followed.id) newest = fmt::format(" (the newest is {})", run->id);
  } catch (const aws::ApiError&) {
    // Then the sentence does without.
  }
  remark(fmt::format("tandem: {}: a newer run took its place{}", followed.at.deploys_to, newest));
}

void say_not_begun(const std::vector<std::string>& regions, bool superseded) {
  if (regions.empty()) return;
  remark(superseded
             ? fmt::format("tandem: not begun: {}", core::join(regions, ", "))
             : "tandem: the other regions keep the version they have; 'tandem pipeline run' begins "
               "with the first region again");
}

int report(const Common& common, Pipelines& pipelines, const std::vector<Followed>& all) {
  json::array runs;
  std::vector<std::string> not_begun;
  for (const Followed& followed : all) {
    if (followed.run && followed.run->ended() && !followed.run->succeeded()) {
      explain(pipelines, followed);
    }
    if (is_superseded(followed)) say_superseded(pipelines, followed);
    if (!followed.error.empty()) {
      remark(fmt::format("tandem: {}: {}", followed.at.deploys_to, followed.error));
    }
    runs.push_back(document_of(followed));
    if (common.format() != Format::kJson && !followed.id.empty()) print(line_of(followed));
  }
  for (std::size_t i = all.size(); i < pipelines.all().size(); ++i) {
    not_begun.push_back(pipelines.all()[i].deploys_to);
  }
  if (common.format() == Format::kJson) {
    print_json(json::object{{"runs", std::move(runs)},
                            {"notBegun", json::array(not_begun.begin(), not_begun.end())},
                            {"unknown", pipelines.unknown()}});
  }
  say_not_begun(not_begun, !all.empty() && is_superseded(all.back()));
  return pipelines.exit_code(exit_code_of(all));
}

/// Runs end where they run, and not with the command that began them.
void say_what_goes_on(const Pipelines& pipelines, const std::vector<Followed>& all) {
  std::vector<std::string> going;
  std::vector<std::string> not_begun;
  for (std::size_t i = 0; i < pipelines.all().size(); ++i) {
    const std::string& name = pipelines.all()[i].deploys_to;
    if (i >= all.size()) {
      not_begun.push_back(name);
    } else if (all[i].id.empty() && !all[i].over()) {
      not_begun.push_back(name + " (as far as is known)");
    } else if (!all[i].over() || all[i].unanswered) {
      going.push_back(name);
    }
  }
  for (const Followed& followed : all) followed.view.clear();
  std::vector<std::string> parts;
  if (!going.empty()) {
    parts.push_back(
        fmt::format("the run in {} goes on: 'tandem pipeline status'", core::join(going, ", ")));
  }
  if (!not_begun.empty()) {
    parts.push_back(fmt::format("not begun: {}", core::join(not_begun, ", ")));
  }
  if (!parts.empty()) remark("tandem: " + core::join(parts, "; "));
}

/// Who started it in the background may have it ignored.
bool is_ignored(int signal) {
  struct sigaction now {};
  return sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

/// Ctrl-C, while what it returns is there: say(), and the end that it would have been without.
Task<std::unique_ptr<asio::signal_set>> on_interrupt(std::function<void()> say) {
  const auto executor = co_await asio::this_coro::executor;
  auto signals = std::make_unique<asio::signal_set>(executor);
  if (is_ignored(SIGINT)) co_return signals;
  signals->add(SIGINT);
  signals->async_wait(
      [watched = signals.get(), say = std::move(say)](const boost::system::error_code& error, int) {
        if (error) return;
        say();
        watched->clear();
        std::raise(SIGINT);
      });
  co_return signals;
}

}  // namespace

int run_pipelines(const Common& common, const RunOptions& options) {
  Pipelines pipelines(common, options.region);
  std::vector<Followed> all;
  const auto interrupt = pipelines.client().run(
      on_interrupt([&pipelines, &all] { say_what_goes_on(pipelines, all); }));
  // Nobody waits for a region when nobody waits for a run.
  Runner runner(pipelines, options.wait ? options.patience_s : 0);
  if (options.at_once || !options.wait) {
    for (const PipelineAt& at : pipelines.all()) {
      all.push_back(planned(at));
      runner.step(all.back());
    }
    if (options.wait) runner.follow_to_the_end(all);
    return report(common, pipelines, all);
  }
  // One region after the other, so that a version which is bad reaches no more than one.
  for (const PipelineAt& at : pipelines.all()) {
    all.push_back(planned(at));
    runner.follow_to_the_end(all);
    if (!all.back().run || !all.back().run->succeeded()) break;
  }
  return report(common, pipelines, all);
}

}  // namespace tandem::cli
