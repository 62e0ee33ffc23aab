#include "topology/keys.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem::topology {
namespace {

/// The table of docs/tandem-yaml.md: the words in backticks of its first column.
std::vector<std::string> documented_keys() {
  std::ifstream page(TANDEM_DOCS "/tandem-yaml.md");
  std::vector<std::string> keys;
  bool in_table = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| key | default |")) in_table = true;
    if (in_table && line.empty()) break;
    const std::string column = line.substr(0, line.find('|', 1));
    for (std::size_t at = 0; in_table && (at = column.find('`', at)) != std::string::npos;) {
      const std::size_t end = column.find('`', at + 1);
      keys.push_back(column.substr(at + 1, end - at - 1));
      at = end + 1;
    }
  }
  return keys;
}

TEST(TopologyKeys, AreThoseOfThePage) {
  EXPECT_THAT(documented_keys(), testing::UnorderedElementsAreArray(all_keys()));
}

}  // namespace
}  // namespace tandem::topology
