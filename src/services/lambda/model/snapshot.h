// How the package of a function or layer is named in AWS's buckets of packages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem::lambda {

struct Snapshot {
  std::string account;
  std::string name;     ///< the function's or layer's
  std::string code_id;  ///< 32 lower-case hexadecimal digits

  /// "snapshots/123456789012/f-018c209b-…": the id in groups, as a UUID.
  std::string key() const;
  /// Nothing for what is no such key.
  static std::optional<Snapshot> parse(std::string_view key);
};

/// "awslambda-us-east-1-tasks", of functions' packages.
std::string tasks_bucket(std::string_view region);
/// "awslambda-us-east-1-layers".
std::string layers_bucket(std::string_view region);
/// Whether it is one of them, of any region.
bool is_package_bucket(std::string_view bucket);

}  // namespace tandem::lambda
