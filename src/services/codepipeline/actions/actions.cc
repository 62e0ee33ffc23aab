#include "services/codepipeline/actions/actions.h"

namespace tandem::codepipeline {

Task<ActionResult> run_action(ActionScope* scope) {
  switch (scope->action().type->kind) {
    case ActionType::Kind::kS3Source:
      return run_s3_source(scope);
    case ActionType::Kind::kGitHub:
    case ActionType::Kind::kConnection:
      return run_git_source(scope);
    case ActionType::Kind::kCodeBuild:
      return run_codebuild(scope);
    case ActionType::Kind::kCloudFormation:
      return run_cloudformation(scope);
    case ActionType::Kind::kS3Deploy:
      return run_s3_deploy(scope);
    case ActionType::Kind::kLambda:
      return run_lambda(scope);
    case ActionType::Kind::kApproval:
      return run_approval(scope);
  }
  throw ActionFailure{"SystemUnavailable", "There is no such action type"};
}

}  // namespace tandem::codepipeline
