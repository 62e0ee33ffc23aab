// What a CloudFormation action asks for: template, parameters, tags and capabilities out of its
// artifacts and configuration.
#pragma once

#include "services/codepipeline/actions/scope.h"

namespace tandem::codepipeline {

/// Members of CreateStack's, UpdateStack's and CreateChangeSet's input, StackName included. Throws
/// ActionFailure.
Task<json::object> stack_request(ActionScope* scope);

/// On whose behalf CloudFormation works: the action's RoleArn is the one that a stack's operation
/// runs with.
std::string stack_caller(const ActionScope& scope);

}  // namespace tandem::codepipeline
