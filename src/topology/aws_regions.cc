#include "topology/aws_regions.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/nearest.h"

namespace tandem::topology {
namespace {

/// Partition "aws" of botocore's endpoints.json. A region AWS opens later is added here.
constexpr std::array<std::string_view, 34> kRegions{
    "af-south-1",     "ap-east-1",      "ap-east-2",      "ap-northeast-1", "ap-northeast-2",
    "ap-northeast-3", "ap-south-1",     "ap-south-2",     "ap-southeast-1", "ap-southeast-2",
    "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
    "ca-central-1",   "ca-west-1",      "eu-central-1",   "eu-central-2",   "eu-north-1",
    "eu-south-1",     "eu-south-2",     "eu-west-1",      "eu-west-2",      "eu-west-3",
    "il-central-1",   "me-central-1",   "me-south-1",     "mx-central-1",   "sa-east-1",
    "us-east-1",      "us-east-2",      "us-west-1",      "us-west-2"};
/// Two letters changed places, or a number is another one; more is another word.
constexpr std::size_t kMisspelt = 3;

}  // namespace

bool is_aws_region(std::string_view name) {
  return std::find(kRegions.begin(), kRegions.end(), name) != kRegions.end();
}

std::string not_a_region(std::string_view name) {
  const auto meant = core::nearest_word(name, {kRegions.begin(), kRegions.end()}, kMisspelt);
  if (meant) return fmt::format("'{}' is not a region of AWS; did you mean '{}'?", name, *meant);
  return fmt::format("'{}' is not a region of AWS; use one such as us-east-1", name);
}

}  // namespace tandem::topology
