// The sections of a template, one reader each. Internal to model/.
#pragma once

#include <string_view>
#include <vector>

#include "core/json.h"
#include "services/cloudformation/model/template.h"

namespace tandem::cloudformation {

/// Empty when the section is absent.
json::object read_section(const json::object& document, std::string_view name);
std::vector<ParameterDeclaration> read_parameters(const json::object& section);
json::object read_mappings(json::object section);
json::object read_conditions(json::object section);
std::vector<ResourceDeclaration> read_resources(const json::object& section);
std::vector<OutputDeclaration> read_outputs(const json::object& section);

}  // namespace tandem::cloudformation
