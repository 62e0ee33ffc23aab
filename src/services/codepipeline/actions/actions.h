// The action types, one coroutine each. Each may be begun again at any point (scope.h). They throw
// ActionFailure, Abandoned, ApiError (which fails the action), StoreError (after which the action
// is begun again) and what the disk throws.
#pragma once

#include "services/codepipeline/actions/scope.h"

namespace tandem::codepipeline {

/// Runs the action of the scope, whatever its type. scope lives until it is done.
Task<ActionResult> run_action(ActionScope* scope);

Task<ActionResult> run_s3_source(ActionScope* scope);
Task<ActionResult> run_git_source(ActionScope* scope);
Task<ActionResult> run_codebuild(ActionScope* scope);
Task<ActionResult> run_cloudformation(ActionScope* scope);
Task<ActionResult> run_s3_deploy(ActionScope* scope);
Task<ActionResult> run_lambda(ActionScope* scope);
Task<ActionResult> run_approval(ActionScope* scope);

/// The branch that a Git source action names, by its configuration with variables resolved; nothing
/// when it is none.
std::optional<GitBranch> git_branch_of(const Action& action, const json::object& resolved);
/// Whether the source is asked for changes.
bool polls(const Action& action);

}  // namespace tandem::codepipeline
