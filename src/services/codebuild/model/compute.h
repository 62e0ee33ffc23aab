// Compute types and their memory (API reference, ProjectEnvironment).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace tandem::codebuild {

/// 0 of what is none.
constexpr std::int64_t memory_of(std::string_view compute_type) {
  constexpr std::int64_t kGibibyte = std::int64_t{1} << 30;
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kTypes{{
      {"BUILD_GENERAL1_SMALL", 4 * kGibibyte},
      {"BUILD_GENERAL1_MEDIUM", 8 * kGibibyte},
      {"BUILD_GENERAL1_LARGE", 16 * kGibibyte},
      {"BUILD_GENERAL1_XLARGE", 72 * kGibibyte},
      {"BUILD_GENERAL1_2XLARGE", 144 * kGibibyte},
  }};
  for (const auto& [name, bytes] : kTypes) {
    if (name == compute_type) return bytes;
  }
  return 0;
}

}  // namespace tandem::codebuild
