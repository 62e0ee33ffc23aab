#include "services/dynamodb/api/answer.h"

#include "core/check.h"
#include "core/json.h"
#include "services/dynamodb/model/json_reader.h"

namespace tandem::dynamodb {
namespace {

/// AWS prints these numbers as doubles: 1.0, 0.5.
std::string units_text(HalfUnits units) {
  return std::to_string(units / 2) + (units % 2 != 0 ? ".5" : ".0");
}

}  // namespace

CapacityReport capacity_report(const std::optional<std::string>& return_consumed_capacity) {
  if (return_consumed_capacity == "TOTAL") return CapacityReport::kTotal;
  if (return_consumed_capacity == "INDEXES") return CapacityReport::kIndexes;
  return CapacityReport::kNone;
}

std::string consumed_capacity(std::string_view table, HalfUnits units, CapacityReport report) {
  const std::string shown = units_text(units);
  std::string out = "{\"TableName\":";
  append_json_string(out, table);
  out += ",\"CapacityUnits\":" + shown;
  if (report == CapacityReport::kIndexes) out += ",\"Table\":{\"CapacityUnits\":" + shown + "}";
  return out + "}";
}

void Answer::add(std::string_view member, std::string_view json) {
  if (text_.size() > 1) text_ += ',';
  text_.reserve(text_.size() + member.size() + json.size() + 8);
  text_ += '"';
  text_ += member;
  text_ += "\":";
  text_ += json;
}

void Answer::add_count(std::string_view member, std::size_t count) {
  add(member, std::to_string(count));
}

void Answer::add_capacity(const Table& table, HalfUnits units, CapacityReport report) {
  if (report == CapacityReport::kNone) return;
  add("ConsumedCapacity", consumed_capacity(table.name, units, report));
}

std::string Answer::take() && {
  text_ += '}';
  return std::move(text_);
}

aws::ApiError condition_failed(std::optional<std::string_view> item_json) {
  aws::ApiError error(400, "ConditionalCheckFailedException", "The conditional request failed");
  if (!item_json) return error;
  // An attribute takes at most four levels of JSON for each of its own.
  auto item = json::parse_text(*item_json, 256);
  CHECK(item.ok());
  return std::move(error).with("Item", std::move(item).value());
}

}  // namespace tandem::dynamodb
