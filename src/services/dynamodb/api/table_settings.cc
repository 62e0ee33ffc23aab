#include "services/dynamodb/api/table_settings.h"

#include <algorithm>
#include <array>
#include <set>

#include "service/operation.h"
#include "services/dynamodb/api/table_errors.h"

namespace tandem::dynamodb {
namespace {

constexpr std::size_t kTagsPerTable = 50;
constexpr std::int64_t kMaxUnits = 1'000'000'000'000;

constexpr std::array<std::string_view, 11> kNewerMembers = {"VectorIndexes",
                                                            "VectorIndexUpdates",
                                                            "DeletionProtectionEnabled",
                                                            "OnDemandThroughput",
                                                            "WarmThroughput",
                                                            "ResourcePolicy",
                                                            "MultiRegionConsistency",
                                                            "GlobalTableWitnessUpdates",
                                                            "GlobalTableSourceArn",
                                                            "GlobalTableSettingsReplicationMode",
                                                            "MultiAccountReplicaReady"};

}  // namespace

void refuse_newer_members(const json::object& input,
                          std::initializer_list<std::string_view> honoured) {
  for (const std::string_view member : kNewerMembers) {
    const bool known = std::find(honoured.begin(), honoured.end(), member) != honoured.end();
    if (!known && input.contains(member)) service::refuse_member(member);
  }
}

std::optional<Throughput> requested_throughput(const json::object& input) {
  const json::object* units = json::find_object(input, "ProvisionedThroughput");
  if (units == nullptr) return std::nullopt;
  const Throughput throughput{json::int_or(*units, "ReadCapacityUnits", 0),
                              json::int_or(*units, "WriteCapacityUnits", 0)};
  const auto check = [](std::int64_t value, std::string_view name) {
    if (value <= kMaxUnits) return;
    throw aws::ApiError::validation_exception(
        fmt::format("Given value {} for {} is out of bounds", value, name));
  };
  check(throughput.read_units, "ReadCapacityUnits");
  check(throughput.write_units, "WriteCapacityUnits");
  return throughput;
}

aws::ApiError throughput_with_per_request() {
  return invalid_values(
      "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
      "PAY_PER_REQUEST");
}

std::optional<bool> requested_protection(const json::object& input) {
  const json::value* value = json::find(input, "DeletionProtectionEnabled");
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool())
    throw aws::ApiError(400, "SerializationException", "Unexpected field type");
  return value->as_bool();
}

void add_tags(std::map<std::string, std::string>& to, const json::array& tags) {
  std::set<std::string> given;
  for (const json::value& tag : tags) {
    const std::string key = json::string_or(tag.as_object(), "Key");
    if (!given.insert(key).second) {
      throw aws::ApiError::validation_exception(
          "Duplicate Tag Keys provided as input: Duplicate Tag Key found " + key);
    }
    if (key.starts_with("aws:")) {
      throw aws::ApiError::validation_exception("Tag Key cannot be prefixed with aws:, Key: " +
                                                key);
    }
    to[key] = json::string_or(tag.as_object(), "Value");
  }
  if (to.size() > kTagsPerTable) {
    throw aws::ApiError::validation_exception(
        "Number of Tags exceed the current limit for the provided ResourceArn");
  }
}

}  // namespace tandem::dynamodb
