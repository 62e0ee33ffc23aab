#include "services/lambda/model/layer_name.h"

#include "aws/arn.h"
#include "core/text.h"

namespace tandem::lambda {

std::optional<LayerName> parse_layer_name(std::string_view text) {
  LayerName layer;
  if (!text.starts_with("arn:")) {
    layer.name = text;
    return layer;
  }
  const auto arn = aws::Arn::parse(text);
  if (!arn || arn->service != "lambda") return std::nullopt;
  const auto parts = core::split(arn->resource, ':');
  if (parts.size() < 2 || parts.size() > 3 || parts[0] != "layer" || parts[1].empty()) {
    return std::nullopt;
  }
  layer.region = arn->region;
  layer.account = arn->account;
  layer.name = parts[1];
  if (parts.size() == 3) {
    const auto number = core::parse_uint(parts[2]);
    constexpr std::uint64_t kMost = 9'999'999'999;
    if (!number || *number > kMost) return std::nullopt;
    layer.version = static_cast<std::int64_t>(*number);
  }
  return layer;
}

}  // namespace tandem::lambda
