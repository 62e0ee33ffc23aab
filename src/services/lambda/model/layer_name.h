// How a layer, or a version of one, is named in a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::lambda {

struct LayerName {
  std::string region;  ///< empty: named without an ARN
  std::string account;
  std::string name;
  std::optional<std::int64_t> version;
};

/// A name, or the ARN of a layer or of a version: "arn:aws:lambda:<region>:<account>:layer:<name>
/// [:<version>]". Nothing for an ARN of another form.
std::optional<LayerName> parse_layer_name(std::string_view text);

}  // namespace tandem::lambda
