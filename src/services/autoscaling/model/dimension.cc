#include "services/autoscaling/model/dimension.h"

#include <algorithm>

#include "core/text.h"

namespace tandem::autoscaling {
namespace {

/// DynamoDB's names ("Naming rules"): 3 to 255 of these.
bool is_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

}  // namespace

std::optional<Dimension> read_dimension(std::string_view resource, std::string_view dimension) {
  const auto parts = core::split(resource, '/');
  const bool of_index = parts.size() == 4 && parts[2] == "index";
  if (parts[0] != "table" || (parts.size() != 2 && !of_index)) return std::nullopt;
  if (!is_name(parts[1]) || (of_index && !is_name(parts[3]))) return std::nullopt;
  const std::string_view kind = of_index ? "dynamodb:index:" : "dynamodb:table:";
  if (!dimension.starts_with(kind)) return std::nullopt;
  const std::string_view units = dimension.substr(kind.size());
  if (units != "ReadCapacityUnits" && units != "WriteCapacityUnits") return std::nullopt;
  Dimension made;
  made.units = units[0] == 'R' ? Dimension::Units::kRead : Dimension::Units::kWrite;
  made.table = parts[1];
  if (of_index) made.index = parts[3];
  return made;
}

}  // namespace tandem::autoscaling
