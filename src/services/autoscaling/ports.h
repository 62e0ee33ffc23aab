// What Application Auto Scaling needs of the rest of its region, wired by the assembler.
#pragma once

#include <filesystem>

#include "aws/api.h"

namespace tandem::autoscaling {

struct AutoscalingPorts {
  /// DynamoDB of this region, whose tables are scaled, CloudWatch, which has the alarms, and IAM.
  aws::Api& api;
  /// The machine's time zones, a file each.
  std::filesystem::path zones = "/usr/share/zoneinfo";
};

}  // namespace tandem::autoscaling
