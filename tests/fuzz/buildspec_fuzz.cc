// Any bytes given as a buildspec end in one or in a phase's context, and globs agree with
// themselves. The first byte chooses: a buildspec, or a pattern, a line's end and a path.
//
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc src/core/json.cc
// sources: src/services/codebuild/model/buildspec.cc src/services/codebuild/model/yaml.cc
// sources: src/services/codebuild/model/glob.cc src/services/codebuild/model/variables.cc
// libraries: -lyaml-cpp
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "services/codebuild/model/buildspec.h"
#include "services/codebuild/model/glob.h"
#include "services/codebuild/model/variables.h"

namespace {

using namespace tandem::codebuild;

void read_spec(std::string_view text) {
  try {
    const Buildspec spec = parse_buildspec(text);
    if (spec.shell != "bash" && spec.shell != "/bin/sh") std::abort();
    for (const auto& [name, artifact] : spec.secondary_artifacts) {
      if (artifact.files.empty()) std::abort();
    }
    for (const std::string& file : spec.artifacts.files) expand(file, spec.variables);
  } catch (const BuildspecError& error) {
    if (error.code.empty()) std::abort();
  }
}

void match(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return;
  const auto glob = Glob::parse(text.substr(0, end));
  if (!glob) return;
  const std::string_view path = text.substr(end + 1, 2'000);
  const bool matches = glob->matches(path);
  // What matches lies below folders that may hold something that does.
  const std::size_t slash = path.rfind('/');
  if (matches && slash != std::string_view::npos && !glob->may_match_below(path.substr(0, slash))) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  if (bytes.front() == 'g') {
    match(bytes.substr(1));
  } else {
    read_spec(bytes.substr(1));
  }
  return 0;
}
