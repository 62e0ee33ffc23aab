#include "topology/prices.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>

#include "core/files.h"
#include "topology/topology.h"
#include "topology/yaml_reader.h"

namespace tandem::topology {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;

UnitPrices unit_prices(YamlReader& reader, const YAML::Node& node, UnitPrices usual) {
  const auto price = [&](const char* key, double& into) {
    if (const auto given = reader.number(node, key, 0)) into = *given;
  };
  price("read_unit_hour", usual.read);
  price("write_unit_hour", usual.write);
  // Where nothing else is said a replicated unit costs what one costs.
  usual.replicated_write = usual.write;
  price("replicated_write_unit_hour", usual.replicated_write);
  return usual;
}

Prices read(YamlReader& reader, const YAML::Node& root) {
  Prices prices;
  const bool known = reader.mapping(
      root, "a price file",
      {"currency", "read_unit_hour", "write_unit_hour", "replicated_write_unit_hour", "regions"});
  if (!known) return prices;
  prices.currency = reader.required_text(root, "currency", "USD");
  prices.usual = unit_prices(reader, root, {});
  const YAML::Node regions = root["regions"];
  if (!regions.IsDefined() || !reader.mapping(regions, "'regions'")) return prices;
  for (const auto& each : regions) {
    const bool sound =
        reader.mapping(each.second, "a region's prices",
                       {"read_unit_hour", "write_unit_hour", "replicated_write_unit_hour"});
    if (!sound) continue;
    prices.regions[each.first.as<std::string>("")] = unit_prices(reader, each.second, prices.usual);
  }
  return prices;
}

}  // namespace

const UnitPrices& Prices::of(std::string_view region) const {
  const auto found = regions.find(region);
  return found == regions.end() ? usual : found->second;
}

Prices read_prices(std::string_view text, const std::string& file_name) {
  if (text.size() > kMostBytes) {
    throw TopologyError(fmt::format("{}: larger than {} bytes", file_name, kMostBytes));
  }
  YamlReader reader(file_name);
  Prices prices;
  try {
    prices = read(reader, YAML::Load(std::string(text)));
  } catch (const YAML::Exception& error) {
    throw TopologyError(syntax_error(file_name, text, error, "docs/tandem-prices.yaml"));
  }
  if (!reader.failures().empty()) {
    throw TopologyError(fmt::format("{}", fmt::join(reader.failures(), "\n")));
  }
  return prices;
}

Prices load_prices(const std::filesystem::path& file) {
  const auto text = core::find_file(file);
  if (!text) {
    throw TopologyError(
        fmt::format("there is no price file {}; docs/tandem-prices.yaml is one to "
                    "begin with",
                    file.string()));
  }
  return read_prices(*text, file.filename().string());
}

}  // namespace tandem::topology
