// What a pipeline does, read from CodePipeline: one execution with its stages and actions, and the
// approvals that are waited for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "topology/cloud.h"
#include "topology/pipelines.h"

namespace tandem::topology {

struct ActionView {
  std::string name;
  std::string provider;     ///< "CodeBuild" …
  std::string status;       ///< CodePipeline's; empty: not begun
  std::string external_id;  ///< a build's id …
  std::string summary;      ///< what it says of itself
  std::string error;        ///< "JobFailed: …"
  bool waits_for_approval = false;
  double begun_s = 0;  ///< 0: not begun
  double changed_s = 0;
};
struct StageView {
  std::string name;
  std::string status;  ///< CodePipeline's; empty: this run has not come to it
  std::vector<ActionView> actions;
  bool waits = false;  ///< this run stands before it: another is in it, or it is held
  bool other_waits_for_approval =
      false;             ///< another run is in it, and an approval of that's is due
  bool is_held = false;  ///< its inbound transition is disabled
  std::string held;      ///< the reason for that
  /// From its first action's begin to the last one's end, or to now_s while it runs.
  double seconds(double now_s) const;
};
/// One execution of a pipeline.
struct RunView {
  std::string id;
  std::string status;    ///< CodePipeline's: "InProgress" …
  std::string trigger;   ///< "StartPipelineExecution" …
  std::string revision;  ///< of the source
  std::string revision_summary;
  double begun_s = 0;
  double changed_s = 0;  ///< once it has ended: when
  std::vector<StageView> stages;
  std::vector<StageView> gone;  ///< that the run was in, and the pipeline no longer has

  bool ended() const;
  bool succeeded() const { return status == "Succeeded"; }
  double seconds(double now_s) const;
};

/// Of an entry of ListPipelineExecutions, GetPipelineState's answer and the run's entries of
/// ListActionExecutions. Pure.
RunView run_of(const json::object& summary, const json::object& state, const json::array& actions);

/// id empty: the newest. Nothing when there is none.
Task<std::optional<RunView>> read_run(Cloud cloud, PipelineAt at, std::string id);

/// What waits for PutApprovalResult, of whichever run.
struct WaitingApproval {
  std::string stage;
  std::string action;
  std::string run;
  std::string token;  ///< of this very approval
};
/// Of GetPipelineState's answer. Pure.
std::vector<WaitingApproval> approvals_in(const json::object& state);
/// As they are declared.
std::vector<std::string> stages_in(const json::object& state);
/// True when an action of the stage is a build. Of GetPipeline's answer. Pure.
bool has_builds(const json::object& declared, const std::string& stage);
/// GetPipeline's answer.
Task<json::object> read_declaration(Cloud cloud, PipelineAt at);
/// GetPipelineState's answer.
Task<json::object> read_state(Cloud cloud, PipelineAt at);

}  // namespace tandem::topology
