// Structural constraints, which the service checks before it looks at what a request means:
// "2 validation errors detected: Value 'x' at 'select' failed to satisfy constraint: …; …".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::dynamodb {

class Constraints {
 public:
  /// One "Value … failed to satisfy constraint: …". value is printed in quotes unless it is absent.
  void violated(std::optional<std::string_view> value, std::string_view path,
                std::string_view constraint);

  void not_null(bool given, std::string_view path);
  /// A table's name or ARN; required.
  void table_name(const std::optional<std::string>& name);
  /// An index's name; optional.
  void index_name(const std::optional<std::string>& name);
  /// values as AWS lists them: "INDEXES, TOTAL, NONE".
  void one_of(const std::optional<std::string>& value, std::string_view path,
              std::string_view values);
  void in_range(std::optional<std::int64_t> value, std::string_view path, std::int64_t least,
                std::int64_t most = INT64_MAX);

  // The enumerations several operations have.
  void return_consumed_capacity(const std::optional<std::string>& value);
  void return_item_collection_metrics(const std::optional<std::string>& value);
  void return_values(const std::optional<std::string>& value);
  void return_values_on_failure(const std::optional<std::string>& value);
  void select(const std::optional<std::string>& value);

  /// Throws ValidationException when anything was violated.
  void check() const;

 private:
  void name(const std::string& value, std::string_view path);
  std::vector<std::string> violations_;
};

/// Whether a name can be a table's: 3 to 255 of letters, digits, "_", "-" and ".".
bool is_resource_name(std::string_view name);

}  // namespace tandem::dynamodb
