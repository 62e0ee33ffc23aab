#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <iterator>

#include "cli/commands.h"
#include "cli/harmless.h"
#include "cli/pipelines.h"
#include "cli/progress_view.h"
#include "cli/world.h"
#include "core/files.h"
#include "core/text.h"

namespace tandem::cli {
namespace {

using topology::PipelineAt;

struct PipelineOptions {
  std::string region;
  std::string stage;
  std::string summary;
  int patience_s = 120;
  bool at_once = false;
  bool no_wait = false;
  bool follow = false;
  bool reject = false;
};

std::string read_template(const topology::PipelineSettings& settings) {
  auto text = core::find_file(settings.template_file);
  if (text) return *std::move(text);
  throw Failure(kUsage, fmt::format("there is no template {}; 'pipeline: {{template: FILE}}' in "
                                    "tandem.yaml names it",
                                    settings.template_file.string()));
}

/// Of the environment; nothing when it is not set there.
std::optional<std::string> token_of(const topology::PipelineSettings& settings) {
  const char* value = std::getenv(settings.token_variable.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

/// Regions whose stack has no token yet: there is none, or it had another kind of source.
std::vector<std::string> without_token(Client& client, const topology::Topology& topology,
                                       const std::vector<topology::StackSpec>& specs) {
  std::vector<std::string> names;
  topology::Cloud cloud(client.api());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const json::object stack = client.run(cloud.stack(specs[i].region, specs[i].name));
    const std::string status = json::string_or(stack, "StackStatus");
    const auto parameters = topology::parameters_of(stack);
    const auto kind = parameters.find("SourceKind");
    const bool had_none = kind != parameters.end() && kind->second != "GitHub";
    if (stack.empty() || topology::can_only_be_deleted(status) || had_none) {
      names.push_back(topology.regions[i].name);
    }
  }
  return names;
}

std::string outcome_text(topology::Outcome outcome) {
  switch (outcome) {
    case topology::Outcome::kCreated:
      return "created; its first run has begun";
    case topology::Outcome::kUpdated:
      return "updated";
    case topology::Outcome::kUnchanged:
      break;
  }
  return "unchanged";
}

std::string outcome_word(topology::Outcome outcome) {
  const std::string text = outcome_text(outcome);
  return text.substr(0, text.find(';'));
}

/// Throws a usage Failure when a stack that is to be made would have no token.
void check_token(Client& client, const topology::Topology& topology,
                 const std::vector<topology::StackSpec>& specs) {
  const auto missing = without_token(client, topology, specs);
  if (missing.empty()) return;
  throw Failure(kUsage, fmt::format("the pipeline for {} takes a token of {}: set {} in the "
                                    "environment to one that may read the repository",
                                    core::join(missing, " and "), topology.settings.git_host,
                                    topology.pipeline->token_variable));
}

/// CloudFormation deletes no stack because another was made, and neither does this.
void say_left(const topology::LeftPipeline& left) {
  const std::string way =
      fmt::format("'tandem exec -- aws cloudformation delete-stack --region {} --stack-name {}'",
                  left.region, left.stack);
  if (left.status == "DELETE_FAILED") {
    remark(
        fmt::format("tandem: the stack {} in {} is deleted in part, as its bucket of artifacts "
                    "is not empty: empty it (docs/aws.md, \"Taking it down\"), then {}, or leave "
                    "it with '--retain-resources Artifacts'",
                    left.stack, left.region, way));
    return;
  }
  remark(
      fmt::format("tandem: the stack {} in {} is none that tandem.yaml asks for, and its "
                  "pipeline still deploys; {} ends that",
                  left.stack, left.region, way));
}

int report_up(const Common& common, const topology::Topology& topology,
              const std::vector<topology::StackResult>& results,
              const std::vector<topology::LeftPipeline>& left) {
  json::array shown;
  std::vector<std::vector<std::string>> rows{{"DEPLOYS TO", "IN", "STACK", ""}};
  for (std::size_t i = 0; i < results.size(); ++i) {
    shown.push_back(json::object{{"deploysTo", topology.regions[i].name},
                                 {"region", results[i].region},
                                 {"stack", results[i].stack},
                                 {"outcome", outcome_word(results[i].outcome)}});
    rows.push_back({topology.regions[i].name, results[i].region, results[i].stack,
                    outcome_text(results[i].outcome)});
  }
  json::array left_shown;
  for (const auto& one : left) {
    left_shown.push_back(json::object{{"region", one.region}, {"stack", one.stack}});
  }
  if (common.format() == Format::kJson) {
    print_json(json::object{{"pipelines", std::move(shown)}, {"left", std::move(left_shown)}});
  } else {
    print(table(std::move(rows)));
  }
  for (const auto& one : left) say_left(one);
  return 0;
}

/// The regions ask the Git host that they were started with. Throws a usage Failure.
void check_applied(const topology::LocalWorld& world, const topology::Topology& topology) {
  const auto changes = world.process_changes(topology);
  if (std::ranges::find(changes.settings, "git.host") == changes.settings.end()) return;
  throw Failure(kUsage,
                "git.host is edited, and the regions go by what it was: 'tandem up --no-deploy' "
                "starts them anew with it");
}

int up(const Common& common) {
  const auto topology = topology::load_topology(common.file);
  if (!topology.pipeline) {
    throw Failure(kUsage,
                  "tandem.yaml has no pipeline; add for example 'pipeline: {template: "
                  "../pipeline/pipeline.yml, repository: OWNER/REPOSITORY, branch: main}'");
  }
  const auto world = topology::LocalWorld::open(common.file, remark);
  for (const auto& process : world.processes()) {
    if (!process.answers()) throw Failure(kNotRunning, topology::advice(process));
  }
  check_applied(world, topology);
  const std::string body = read_template(*topology.pipeline);
  const bool takes_token = topology::needs_token(topology, body);
  const auto token = takes_token ? token_of(*topology.pipeline) : std::nullopt;
  const auto specs = topology::pipeline_stacks(topology, body, token);
  Client client(world.config());
  if (takes_token && !token) check_token(client, topology, specs);
  ProgressView view;
  topology::Deployer deployer(client.api(), {},
                              [&view](const topology::Progress& step) { view.show(step); });
  std::vector<topology::StackResult> results;
  try {
    results = client.run(deployer.apply(specs));
  } catch (const std::exception&) {
    view.clear();
    throw;
  }
  view.clear();
  return report_up(
      common, topology, results,
      client.run(topology::find_left_pipelines(topology::Cloud(client.api()), topology, {})));
}

/// Rows of the table: the pipeline's stages as its newest run has them.
void add_rows(std::vector<std::vector<std::string>>& rows, const PipelineAt& at,
              const std::optional<topology::RunView>& run) {
  if (!run) {
    rows.push_back({at.deploys_to, at.region, "-", "has not run", "", ""});
    return;
  }
  for (const auto& stage : run->stages) {
    const bool first = &stage == &run->stages.front();
    rows.push_back({first ? at.deploys_to : "", first ? at.region : "", stage.name,
                    state_and_gate_of(stage), duration_text(stage.seconds(now_s())),
                    first ? revision_text(*run) : ""});
  }
}

int status(const Common& common, const PipelineOptions& options) {
  Pipelines pipelines(common, options.region);
  json::array shown;
  std::vector<std::string> reasons;
  std::vector<std::vector<std::string>> rows{
      {"DEPLOYS TO", "IN", "STAGE", "STATE", "TOOK", "REVISION"}};
  for (const PipelineAt& at : pipelines.all()) {
    try {
      const auto run = pipelines.newest(at);
      shown.push_back(to_json(at, run));
      add_rows(rows, at, run);
      if (run) std::ranges::move(reasons_of(at, *run), std::back_inserter(reasons));
    } catch (const aws::ApiError& error) {
      pipelines.lose(at, error);
    }
  }
  if (common.format() == Format::kJson) {
    print_json(json::object{{"pipelines", std::move(shown)}, {"unknown", pipelines.unknown()}});
  } else {
    print(table(std::move(rows)));
    for (const std::string& line : reasons) print(harmless(line, Lines::kEscape));
  }
  return pipelines.exit_code(0);
}

Task<void> answer(topology::Cloud cloud, PipelineAt at, topology::WaitingApproval approval,
                  json::object result) {
  json::object ask{{"pipelineName", at.name},
                   {"stageName", approval.stage},
                   {"actionName", approval.action},
                   {"token", approval.token},
                   {"result", std::move(result)}};
  co_await cloud.call(at.region, "codepipeline", "PutApprovalResult", std::move(ask));
}

/// Answers what waits in each pipeline, of whichever run.
class Approver {
 public:
  Approver(const Common& common, const PipelineOptions& options)
      : common_(common), options_(options), pipelines_(common, options.region) {
    pipelines_.check_stage(options.stage);
  }

  int run() {
    for (const PipelineAt& at : pipelines_.all()) {
      try {
        for (const auto& one : topology::approvals_in(pipelines_.state(at))) give(at, one);
      } catch (const aws::ApiError& error) {
        pipelines_.lose(at, error);
      }
    }
    if (common_.format() == Format::kJson) {
      print_json(json::object{{"answered", answered_},
                              {"approved", !options_.reject},
                              {"failed", failed_},
                              {"unknown", pipelines_.unknown()}});
    }
    if (!failed_.empty()) return kFailed;
    if (!answered_.empty()) return pipelines_.exit_code(0);
    remark("tandem: nothing waits for approval; 'tandem pipeline status' shows where the runs are");
    return pipelines_.unknown().empty() ? kFailed : kNotRunning;
  }

 private:
  void give(const PipelineAt& at, const topology::WaitingApproval& approval) {
    if (!options_.stage.empty() && approval.stage != options_.stage) return;
    const std::string_view word = options_.reject ? "rejected" : "approved";
    const std::string summary = options_.summary.empty() ? std::string(word) : options_.summary;
    json::object shown{{"deploysTo", at.deploys_to},
                       {"stage", approval.stage},
                       {"action", approval.action},
                       {"execution", approval.run}};
    try {
      pipelines_.client().run(
          answer(pipelines_.cloud(), at, approval,
                 json::object{{"status", options_.reject ? "Rejected" : "Approved"},
                              {"summary", summary}}));
    } catch (const aws::ApiError& error) {
      if (is_outage(error)) throw;
      // Somebody else was quicker, or the summary is none that CodePipeline takes.
      remark(fmt::format("tandem: {}: {}/{}: {}: {}", at.deploys_to, approval.stage,
                         approval.action, error.code(), error.message()));
      shown["error"] = fmt::format("{}: {}", error.code(), error.message());
      failed_.push_back(std::move(shown));
      return;
    }
    answered_.push_back(std::move(shown));
    if (common_.format() == Format::kJson) return;
    print(fmt::format("{}: {}/{} {}", at.deploys_to, approval.stage, approval.action, word));
  }

  const Common& common_;
  const PipelineOptions& options_;
  Pipelines pipelines_;
  json::array answered_;
  json::array failed_;
};

template <class Act>
CLI::App* add_verb(CLI::App& group, const char* verb, const char* help,
                   const std::shared_ptr<PipelineOptions>& options, int& exit_code, Act act) {
  auto* command = group.add_subcommand(verb, help);
  command->callback([&exit_code, options, act] { exit_code = act(*options); });
  return command;
}

void add_region_option(CLI::App* command, const std::shared_ptr<PipelineOptions>& options) {
  command->add_option("--region", options->region, "Only the pipeline that deploys to this region");
}

}  // namespace

void add_pipeline(CLI::App& app, Common& common, int& exit_code) {
  auto* group = app.add_subcommand(
      "pipeline", "Make, run and watch the pipelines that build and deploy, one for each region");
  group->require_subcommand(1);
  auto options = std::make_shared<PipelineOptions>();
  add_verb(*group, "up", "Make or update the pipelines' stacks, from tandem.yaml's template",
           options, exit_code, [&common](const PipelineOptions&) { return up(common); });
  auto* run = add_verb(*group, "run",
                       "Ship the newest revision: one region after the other, none after a failure",
                       options, exit_code, [&common](const PipelineOptions& given) {
                         return run_pipelines(common, {.region = given.region,
                                                       .at_once = given.at_once,
                                                       .wait = !given.no_wait,
                                                       .patience_s = given.patience_s});
                       });
  add_region_option(run, options);
  run->add_flag("--at-once", options->at_once, "All regions side by side");
  run->add_flag("--no-wait", options->no_wait,
                "Only start them, all regions at once: nobody is there to stop after a failure");
  run->add_option("--patience", options->patience_s,
                  "Seconds that a region which goes away is waited for")
      ->capture_default_str()
      ->check(CLI::Range(0, 86'400));
  add_region_option(
      add_verb(*group, "status", "Where the newest run of each pipeline is", options, exit_code,
               [&common](const PipelineOptions& given) { return status(common, given); }),
      options);
  auto* logs =
      add_verb(*group, "logs", "What the builds of the newest runs logged", options, exit_code,
               [&common](const PipelineOptions& given) {
                 return show_pipeline_logs(common, given.region, given.stage, given.follow);
               });
  add_region_option(logs, options);
  logs->add_option("--stage", options->stage, "Only this stage's");
  logs->add_flag("-F,--follow", options->follow,
                 "Go on until the runs have ended; with --output json an object a line");
  auto* give = add_verb(
      *group, "approve",
      "Approve what waits for it, of whichever run, or reject it; exit code 1 when nothing "
      "does",
      options, exit_code,
      [&common](const PipelineOptions& given) { return Approver(common, given).run(); });
  add_region_option(give, options);
  give->add_option("--stage", options->stage, "Only in this stage");
  give->add_flag("--reject", options->reject, "Reject it");
  give->add_option("--summary", options->summary, "What to say of it");
}

}  // namespace tandem::cli
