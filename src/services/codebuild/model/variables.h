// What a build's commands find in their environment ("Environment variables in build
// environments"): a start's own variables count before the project's, those before the buildspec's,
// and CodeBuild's own before all.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"

namespace tandem::codebuild {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// In order of names. settings: a project's document with the start's overrides, in which a start's
/// variables are merged. own: CodeBuild's, which nobody replaces.
Variables environment_of(const Variables& buildspec, const json::object& settings,
                         const Variables& own);

/// A project's variables with a start's: of one name the start's.
json::array merge_variables(const json::array& project, const json::array& start);

/// "$NAME" and "${NAME}" replaced; what is not set is nothing, as in a shell.
std::string expand(std::string_view text, const Variables& variables);

/// Names that are never exported: AWS's own.
bool may_be_exported(std::string_view name);

}  // namespace tandem::codebuild
