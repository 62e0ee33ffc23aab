#include "services/route53/model/regions.h"

#include <fmt/format.h>

#include "core/check.h"
#include "core/text.h"
#include "services/route53/model/rdata.h"

namespace tandem::route53 {
namespace {

struct AliasZone {
  std::string_view region;
  std::string_view id;
};
constexpr AliasZone kAliasZones[] = {
    {"us-east-1", "Z1UJRXOUMOOFQ8"},
    {"us-east-2", "ZOJJZC49E0EPZ"},
    {"us-west-1", "Z2MUQ32089INYE"},
    {"us-west-2", "Z2OJLYMUO9EFXC"},
    {"af-south-1", "Z2DHW2332DAMTN"},
    {"ap-east-1", "Z3FD1VL90ND7K5"},
    {"ap-south-1", "Z3VO1THU9YC4UR"},
    {"ap-south-2", "Z0853509Q1135NJ66RUH"},
    {"ap-northeast-1", "Z1YSHQZHG15GKL"},
    {"ap-northeast-2", "Z20JF4UZKIW1U8"},
    {"ap-northeast-3", "Z22ILHG95FLSZ2"},
    {"ap-southeast-1", "ZL327KTPIQFUL"},
    {"ap-southeast-2", "Z2RPCDW04V8134"},
    {"ap-southeast-3", "Z10132843TYUYSLUG4HA3"},
    {"ap-southeast-4", "Z092189423Y7RJK61311D"},
    {"ap-southeast-5", "Z0314042F0KBUTZ3X5HF"},
    {"ca-central-1", "Z19DQILCV0OWEC"},
    {"ca-west-1", "Z04745493436AWVTG1OQY"},
    {"eu-central-1", "Z1U9ULNL0V5AJ3"},
    {"eu-central-2", "Z09222482MK253X48U76H"},
    {"eu-west-1", "ZLY8HYME6SFDD"},
    {"eu-west-2", "ZJ5UAJN8Y3Z2Q"},
    {"eu-west-3", "Z3KY65QIEKYHQQ"},
    {"eu-north-1", "Z3UWIKFBOOGXPP"},
    {"eu-south-1", "Z3BT4WSQ9TDYZV"},
    {"eu-south-2", "Z02499852UI5HEQ5JVWX3"},
    {"il-central-1", "Z07264553HBI44N5X2CKP"},
    {"me-south-1", "Z20ZBPC0SS8806"},
    {"sa-east-1", "ZCMLWB8V5SYIT"},
};

}  // namespace

std::string_view region_of_alias_zone(std::string_view hosted_zone_id) {
  for (const AliasZone& zone : kAliasZones) {
    if (zone.id == hosted_zone_id) return zone.region;
  }
  return "";
}

std::string_view alias_zone_of_region(std::string_view region) {
  for (const AliasZone& zone : kAliasZones) {
    if (zone.region == region) return zone.id;
  }
  return "";
}

std::optional<RegionalName> parse_regional_name(const DomainName& name) {
  const auto labels = core::split(name.text, '.');  // The last one is empty.
  const std::size_t count = labels.size();
  if (count < 5 || labels[count - 2] != "com" || labels[count - 3] != "amazonaws" ||
      labels[count - 5] != "execute-api") {
    return std::nullopt;
  }
  return RegionalName{std::string(labels[count - 4]), count == 6};
}

std::vector<RegionalEndpoint> regional_endpoints(const service::Config& config) {
  std::vector<RegionalEndpoint> endpoints;
  for (const service::RegionAddress& region : config.regions) {
    auto zone = parse_name(fmt::format("execute-api.{}.amazonaws.com.", region.name));
    const auto rdata = parse_ipv4(region.address);
    CHECK(zone.ok() && rdata.has_value());
    endpoints.push_back({region.name, region.address, *rdata, std::move(zone).value()});
  }
  return endpoints;
}

}  // namespace tandem::route53
