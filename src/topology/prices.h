// What capacity costs, by a file that its reader keeps: docs/tandem-prices.yaml is one to begin
// with.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace tandem::topology {

/// Of one unit of provisioned capacity for an hour.
struct UnitPrices {
  double read = 0;
  double write = 0;
  double replicated_write = 0;  ///< of a table with replicas in other regions
};

struct Prices {
  std::string currency;
  UnitPrices usual;
  std::map<std::string, UnitPrices, std::less<>> regions;  ///< those that differ
  const UnitPrices& of(std::string_view region) const;
};

/// Throws TopologyError, with every mistake, its line and a remedy.
Prices read_prices(std::string_view text, const std::string& file_name);
Prices load_prices(const std::filesystem::path& file);

}  // namespace tandem::topology
