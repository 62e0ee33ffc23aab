#include "topology/keys.h"

#include <algorithm>
#include <array>

#include "core/text.h"

namespace tandem::topology {
namespace {

/// Whether a single value may stand for the whole section.
enum class Short { kNone, kValue };

struct Section {
  std::string_view name;
  std::string_view keys;  ///< separated by spaces
  Short form = Short::kNone;
};

constexpr std::array<Section, 15> kSections{
    {{"",
      "name domain zone account clock max_clock_drift durability unknown_members "
      "legacy_global_tables capacity regions home routing template artifact "
      "parameters stage table health_check ttl usage_plan network functions integrations git "
      "pipeline"},
     {"capacity", "mode", Short::kValue},
     {"regions.*", "weight"},
     {"table", "name hash_key range_key"},
     {"table.hash_key", "name type", Short::kValue},
     {"table.range_key", "name type", Short::kValue},
     {"health_check", "path interval threshold"},
     {"usage_plan", "rate burst quota period"},
     {"functions", "network root runtimes modules"},
     {"functions.modules", "nodejs python"},
     {"integrations", "network"},
     {"git", "host"},
     {"pipeline", "template source repository branch token connection bucket key poll region"},
     {"network", "addresses ports"},
     {"network.ports", "http https dns endpoint replication"}}};

/// The section that a key opens.
const Section* opened_by(const std::string& key) {
  const auto* found = std::find_if(kSections.begin(), kSections.end(), [&](const Section& one) {
    return one.name == key || one.name == key + ".*";
  });
  return found == kSections.end() ? nullptr : found;
}

}  // namespace

std::vector<std::string> keys_of(std::string_view section) {
  for (const Section& one : kSections) {
    if (one.name != section) continue;
    const auto words = core::split(one.keys, ' ');
    return {words.begin(), words.end()};
  }
  return {};
}

std::vector<std::string> all_keys() {
  std::vector<std::string> all;
  for (const Section& section : kSections) {
    for (const std::string& key : keys_of(section.name)) {
      const std::string name = section.name.empty() ? key : std::string(section.name) + "." + key;
      const Section* opened = opened_by(name);
      if (opened == nullptr || opened->form == Short::kValue) all.push_back(name);
    }
  }
  return all;
}

}  // namespace tandem::topology
