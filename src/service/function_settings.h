// What functions are given, by tandem.yaml's `functions`: told to every process beside its
// configuration, in the same file (docs/formats/process-config.md).
#pragma once

#include <string>
#include <string_view>

#include "core/parsed.h"
#include "sandbox/network.h"

namespace tandem::service {

struct FunctionSettings {
  sandbox::Network network = sandbox::Network::kIsolated;
  bool operator==(const FunctionSettings&) const = default;

  /// The configuration's text with these settings in it. The text must be a JSON object.
  std::string add_to(std::string_view config_json) const;
  /// From such a text; the defaults where it says nothing.
  static core::Parsed<FunctionSettings> from_json(std::string_view config_json);
};

}  // namespace tandem::service
