// What a build is to do: buildspec.yml, versions 0.1 and 0.2, as "Build specification reference for
// CodeBuild" has it. Pure: from text to a value or to the context of the phase that fails.
#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::codebuild {

/// Why a build goes no further: a phase's context.
struct BuildspecError : std::runtime_error {
  BuildspecError(std::string given_code, const std::string& message)
      : std::runtime_error(message), code(std::move(given_code)) {}
  std::string code;  ///< "YAML_FILE_ERROR"
};

enum class OnFailure { kUsual, kAbort, kContinue };

struct PhaseSpec {
  std::string run_as;  ///< empty: the buildspec's
  OnFailure on_failure = OnFailure::kUsual;
  std::vector<std::string> commands;
  std::vector<std::string> finally;
  bool given = false;
};

struct ArtifactSpec {
  std::vector<std::string> files;
  std::vector<std::string> exclude_paths;
  std::string name;
  std::string base_directory;
  bool discard_paths = false;
  bool enable_symlinks = false;
  bool given = false;
};

struct Buildspec {
  /// In order: install, pre_build, build, post_build.
  static constexpr std::array<std::string_view, 4> kPhases{"install", "pre_build", "build",
                                                           "post_build"};
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  bool new_shells = false;  ///< 0.1: each command has a shell of its own
  std::string run_as;
  std::string shell = "/bin/sh";  ///< or "bash"
  Pairs variables;
  std::vector<std::string> exported;
  Pairs runtime_versions;  ///< "nodejs": "18"
  std::array<PhaseSpec, 4> phases;
  ArtifactSpec artifacts;
  std::vector<std::pair<std::string, ArtifactSpec>> secondary_artifacts;  ///< by identifier
  std::vector<std::string> ignored;  ///< keys that mean nothing, as a path each
};

/// Throws BuildspecError.
Buildspec parse_buildspec(std::string_view text);

}  // namespace tandem::codebuild
