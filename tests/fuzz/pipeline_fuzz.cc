// Any document given as a pipeline's structure ends in a structure or an AWS error, any text as a
// configuration in resolved variables: never in a crash, a hang or a secret that is shown. Built
// with clang's libFuzzer; the model compiles without coroutines.
//
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc src/core/json.cc
// sources: src/services/codepipeline/model/*.cc
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "aws/error.h"
#include "core/check.h"
#include "core/json.h"
#include "services/codepipeline/model/structure.h"
#include "services/codepipeline/model/variables.h"

namespace {

using namespace tandem;
using namespace tandem::codepipeline;

void check_text(std::string_view text) {
  const Resolved same = resolve(text, [](const Reference&) { return std::nullopt; });
  CHECK(same.text == text);
  CHECK(same.unresolved == references(text));
}

/// No secret of a served action is left in what is shown.
void check_masked(const json::object& declaration) {
  const Structure shown = stored_structure(masked(declaration));
  for (const Stage& stage : shown.stages) {
    for (const Action& action : stage.actions) {
      if (action.type == nullptr) continue;
      for (const ConfigurationKey& key : action.type->configuration) {
        const json::value* value = action.configuration.if_contains(key.name);
        CHECK(!key.secret || value == nullptr || *value == json::value(kMasked));
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_text(text);
  const auto parsed = json::parse_text(text);
  if (!parsed || !parsed.value().is_object()) return 0;
  const json::object& declaration = parsed.value().get_object();
  check_masked(declaration);
  find_unserved(declaration);
  with_secrets_of(declaration, declaration);
  try {
    const Structure structure = read_structure(declaration, "us-east-1");
    CHECK(structure.stages.size() >= 2);
    for (const Stage& stage : structure.stages) {
      for (const Action& action : stage.actions) CHECK(action.type != nullptr);
    }
  } catch (const aws::ApiError&) {
  }
  return 0;
}
