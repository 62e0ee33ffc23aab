// What a mapping template may cost. AWS's own limits are named as such; the others are ours, and
// keep a template from holding up a region that serves others, or from filling its memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tandem::apigateway::mapping {

/// AWS: "Mapping template size 300 KB".
inline constexpr std::size_t kTemplateBytes = 300 * 1024;
/// AWS: "the number of #foreach iterations 1,000".
inline constexpr std::size_t kForeachIterations = 1'000;
/// AWS: an answer has 10 MB at most.
inline constexpr std::size_t kOutputBytes = 10 * 1024 * 1024;
/// Directives, parentheses, lists and maps within each other in a template's text.
inline constexpr std::size_t kTemplateDepth = 64;
/// Macros and #evaluate within each other while it is rendered. Velocity's own default is 20.
inline constexpr std::size_t kCallDepth = 20;
/// Of the JSON that is read, and of values within each other that are written.
inline constexpr std::size_t kJsonDepth = 512;
/// What rendering costs: a node visited, an element moved, 32 bytes copied are one each. It bounds
/// time (about a tenth of a second) and, since whatever is made is paid for, memory.
inline constexpr std::uint64_t kRenderWork = 4'000'000;
/// The part of it that may be done where others wait: some milliseconds.
inline constexpr std::uint64_t kWorkOnLoop = 100'000;
/// The same for one JSONPath outside of a template.
inline constexpr std::uint64_t kPathWork = 1'000'000;
inline constexpr std::size_t kPathBytes = 4'096;
/// Of a regular expression that a template gives to replaceAll, matches or split.
inline constexpr std::size_t kPatternBytes = 2'048;

/// What the parts of a mapping may cost together where they are done. When it ran out, what came of
/// them is void: the whole is done again where it may cost what the limits say.
struct Allowance {
  std::uint64_t left = UINT64_MAX;
  bool ran_out = false;
};

}  // namespace tandem::apigateway::mapping
