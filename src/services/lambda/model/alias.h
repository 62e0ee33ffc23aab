// An alias: a name for a version, or for two of which each invocation gets one.
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::lambda {

/// What an alias's record holds, but for its policy.
struct Alias {
  std::string name;
  std::string version;
  std::string description;
  /// The second version; empty: there is none.
  std::string other_version;
  double other_weight = 0;  ///< the share of invocations that go to it
  std::string revision_id;

  static Alias from_record(const json::object& record);
  /// Over what is in the record beside it.
  void write_to(json::object& record) const;
  /// Whether an invocation may go there.
  bool leads_to(std::string_view function_version) const {
    return version == function_version || other_version == function_version;
  }
  /// The version of an invocation; draw is uniform in [0, 1).
  const std::string& choose(double draw) const {
    return !other_version.empty() && draw < other_weight ? other_version : version;
  }
  /// AliasConfiguration of the API.
  json::object configuration(std::string_view arn) const;
  /// Takes RoutingConfig; one without weights takes the second version away. Whether the versions
  /// are there is not checked. Throws in AWS's words.
  void set_routing(const json::object& routing);
  /// The two versions may stand beside each other. Throws in AWS's words.
  void check_routing() const;
};

}  // namespace tandem::lambda
