// What of the machine's programs and libraries a cell sees.
#pragma once

#include <optional>
#include <string_view>

namespace tandem::sandbox {

enum class Root {
  kMachine,  ///< the machine's /usr, read-only
  kStrict,   ///< nothing but what the cell is given
};

constexpr std::string_view root_name(Root root) {
  return root == Root::kMachine ? "machine" : "strict";
}

constexpr std::optional<Root> parse_root(std::string_view name) {
  for (const Root each : {Root::kMachine, Root::kStrict}) {
    if (root_name(each) == name) return each;
  }
  return std::nullopt;
}

}  // namespace tandem::sandbox
