// Variables in the configuration of actions: "#{namespace.Name}" (user guide, "Variables
// reference"). Pure, and fuzzed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::codepipeline {

/// Namespace of a pipeline's own variables.
inline constexpr std::string_view kPipelineSpace = "variables";
/// Of what CodePipeline itself says.
inline constexpr std::string_view kSystemSpace = "codepipeline";

struct Reference {
  std::string space;
  std::string name;

  std::string text() const { return "#{" + space + "." + name + "}"; }
  bool operator==(const Reference&) const = default;
};

/// Those in the text, in order. What only looks like one ("#{", "#{a}") is text.
std::vector<Reference> references(std::string_view text);

/// The text with each replaced by what find gives. unresolved: those it gave nothing for, which
/// stay as they are.
struct Resolved {
  std::string text;
  std::vector<Reference> unresolved;
};
Resolved resolve(std::string_view text,
                 const std::function<std::optional<std::string>(const Reference&)>& find);

}  // namespace tandem::codepipeline
