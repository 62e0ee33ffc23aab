#include "aws/execute_api_zones.h"

#include <algorithm>
#include <array>

namespace tandem::aws {
namespace {

struct Zone {
  std::string_view region;
  std::string_view id;
};

// AWS General Reference, "Amazon API Gateway endpoints and quotas", data plane, REST APIs.
constexpr std::array kZones = {
    Zone{"us-east-1", "Z1UJRXOUMOOFQ8"},
    Zone{"us-east-2", "ZOJJZC49E0EPZ"},
    Zone{"us-west-1", "Z2MUQ32089INYE"},
    Zone{"us-west-2", "Z2OJLYMUO9EFXC"},
    Zone{"af-south-1", "Z2DHW2332DAMTN"},
    Zone{"ap-east-1", "Z3FD1VL90ND7K5"},
    Zone{"ap-south-1", "Z3VO1THU9YC4UR"},
    Zone{"ap-south-2", "Z0853509Q1135NJ66RUH"},
    Zone{"ap-northeast-1", "Z1YSHQZHG15GKL"},
    Zone{"ap-northeast-2", "Z20JF4UZKIW1U8"},
    Zone{"ap-northeast-3", "Z22ILHG95FLSZ2"},
    Zone{"ap-southeast-1", "ZL327KTPIQFUL"},
    Zone{"ap-southeast-2", "Z2RPCDW04V8134"},
    Zone{"ap-southeast-3", "Z10132843TYUYSLUG4HA3"},
    Zone{"ap-southeast-4", "Z092189423Y7RJK61311D"},
    Zone{"ap-southeast-5", "Z0314042F0KBUTZ3X5HF"},
    Zone{"ca-central-1", "Z19DQILCV0OWEC"},
    Zone{"ca-west-1", "Z04745493436AWVTG1OQY"},
    Zone{"eu-central-1", "Z1U9ULNL0V5AJ3"},
    Zone{"eu-central-2", "Z09222482MK253X48U76H"},
    Zone{"eu-west-1", "ZLY8HYME6SFDD"},
    Zone{"eu-west-2", "ZJ5UAJN8Y3Z2Q"},
    Zone{"eu-west-3", "Z3KY65QIEKYHQQ"},
    Zone{"eu-north-1", "Z3UWIKFBOOGXPP"},
    Zone{"eu-south-1", "Z3BT4WSQ9TDYZV"},
    Zone{"eu-south-2", "Z02499852UI5HEQ5JVWX3"},
    Zone{"il-central-1", "Z07264553HBI44N5X2CKP"},
    Zone{"me-south-1", "Z20ZBPC0SS8806"},
    Zone{"sa-east-1", "ZCMLWB8V5SYIT"},
};

}  // namespace

std::string_view execute_api_zone(std::string_view region) {
  const auto* found = std::find_if(kZones.begin(), kZones.end(),
                                   [&](const Zone& zone) { return zone.region == region; });
  return found == kZones.end() ? "" : found->id;
}

std::string_view region_of_execute_api_zone(std::string_view zone_id) {
  const auto* found = std::find_if(kZones.begin(), kZones.end(),
                                   [&](const Zone& zone) { return zone.id == zone_id; });
  return found == kZones.end() ? "" : found->region;
}

}  // namespace tandem::aws
