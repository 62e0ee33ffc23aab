// What a CloudFormation template says of its resources and outputs, as far as a plan needs it
// before CloudFormation has seen it. Private to topology/. Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "topology/plan.h"

namespace tandem::topology {

/// Every resource, to be added. None when the text is no template that can be read here; what is
/// wrong with it is CloudFormation's to say.
std::vector<ResourceChange> resources_of_template(const std::string& text);

/// The names of the template's outputs.
std::vector<std::string> outputs_of_template(const std::string& text);

/// Where the template should have the output: its line, 0 when there are no outputs at all. Nothing
/// when it has the output, or is no template that can be read here.
std::optional<int> line_without_output(const std::string& text, const std::string& name);

/// Parameters that the template keeps secret (NoEcho).
std::set<std::string> secrets_of_template(const std::string& text);

/// An output's value as it is written, and what it refers to: parameters, and logical ids with the
/// attribute ("Api", "Function.Arn").
struct OutputText {
  std::string value;
  std::set<std::string> references;

  bool operator==(const OutputText&) const = default;
};
OutputText output_of_template(const std::string& text, const std::string& name);

}  // namespace tandem::topology
