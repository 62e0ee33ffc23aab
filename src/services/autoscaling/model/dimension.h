// What can be scaled: the capacity of DynamoDB's tables, a dimension each for reads and writes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem::autoscaling {

struct Dimension {
  enum class Units { kRead, kWrite } units = Units::kRead;
  std::string table;
  std::string index;  ///< empty: of the table itself

  bool reads() const { return units == Units::kRead; }
  /// "read", "write".
  std::string_view word() const { return reads() ? "read" : "write"; }
  /// "Read", "Write": of names of members and metrics.
  std::string_view name() const { return reads() ? "Read" : "Write"; }
};

/// Of "table/T" or "table/T/index/I" and a dimension of the same kind. Nothing for anything else.
std::optional<Dimension> read_dimension(std::string_view resource, std::string_view dimension);

}  // namespace tandem::autoscaling
