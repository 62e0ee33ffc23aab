// What tables were asked for in the last minutes, as CloudWatch of each region has it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "topology/cloud.h"

namespace tandem::topology {

struct TableSide {
  std::vector<double> units;     ///< a second, in each minute
  std::int64_t provisioned = 0;  ///< 0: on demand
};

struct TableLoad {
  std::string table;
  bool replicated = false;
  std::map<std::string, TableSide> reads;   ///< by region
  std::map<std::string, TableSide> writes;  ///< by region
};

/// Of the regions' tables, or of the one that is named; minutes that are over, and the one that is
/// not as far as it has come. Throws what the API throws.
Task<std::vector<TableLoad>> read_loads(Cloud* cloud, std::vector<std::string> regions,
                                        std::string table, int minutes, std::int64_t now_s);

}  // namespace tandem::topology
