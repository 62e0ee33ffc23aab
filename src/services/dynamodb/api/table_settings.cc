#include "services/dynamodb/api/table_settings.h"

#include <algorithm>
#include <set>

#include "service/operation.h"
#include "service/tags.h"
#include "services/dynamodb/api/table_errors.h"

namespace tandem::dynamodb {
namespace {

constexpr service::TagRules kTagRules{
    .too_many =
        [](std::string_view) {
          return aws::ApiError::validation_exception(
              "Number of Tags exceed the current limit for the provided ResourceArn");
        },
    .reserved =
        [](std::string_view key) {
          return aws::ApiError::validation_exception(
              fmt::format("Tag Key cannot be prefixed with aws:, Key: {}", key));
        },
    .duplicate =
        [](std::string_view key) {
          return aws::ApiError::validation_exception(
              fmt::format("Duplicate Tag Keys provided as input: Duplicate Tag Key found {}", key));
        }};

service::TagSet tags_of(const Table& table) {
  json::object stored;
  for (const auto& [key, value] : table.tags) stored[key] = value;
  const json::value document = std::move(stored);
  return service::TagSet(kTagRules, &document);
}

void set_tags(Table& table, const service::TagSet& tags) {
  table.tags.clear();
  for (const auto& tag : tags.map()) table.tags[tag.key()] = json::to_std(tag.value());
}
constexpr std::int64_t kMaxUnits = 1'000'000'000'000;

}  // namespace

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

void add_tags(Table& table, const json::object& input) {
  service::TagSet tags = tags_of(table);
  tags.merge(service::read_tags(json::find(input, "Tags")), service::TagSource::kCaller);
  set_tags(table, tags);
}

void remove_tags(Table& table, const json::array& keys) {
  service::TagSet tags = tags_of(table);
  tags.remove(&keys);
  set_tags(table, tags);
}

json::array list_of_tags(const Table& table) { return tags_of(table).list(); }

}  // namespace tandem::dynamodb
