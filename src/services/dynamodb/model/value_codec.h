// Attribute values from and to DynamoDB's JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "services/dynamodb/model/json_reader.h"
#include "services/dynamodb/model/value.h"

namespace tandem::dynamodb {

/// The level of the innermost value inside an attribute, whose own value is level 1 (Developer
/// Guide, "Quotas": nested attribute depth).
inline constexpr int kMaxNesting = 32;
inline constexpr std::string_view kTooNested =
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
    "beyond supported limit";
inline constexpr std::string_view kTooLarge = "Item size has exceeded the maximum allowed size";
inline constexpr std::size_t kMaxAttributeName = 65535;

/// No parameter may be larger than this (Quotas, "Expression parameters").
inline constexpr std::size_t kMostValues = 2 * 1024 * 1024;

/// Text that is well-formed but means no valid value does not stop the reading, for DynamoDB
/// reports it only after the structure of the whole request was checked. The first such fault is
/// kept here in AWS's words; empty: none. A value that has one is meaningless.
struct Problem {
  std::string message;
  std::string unknown;  ///< a data type that nobody knows, the first
  /// How many values are kept, those in lists, maps and sets each counted; the others are read
  /// over, for nothing with so many can be small enough.
  std::size_t values_left = kMostValues;
  void report(std::string text) {
    if (message.empty()) message = std::move(text);
  }
  bool keeps_another() {
    if (values_left > 0) return values_left-- > 0;
    report(std::string(kTooLarge));
    return false;
  }
  explicit operator bool() const { return !message.empty(); }
};

/// One {"S": "text"}. Numbers come out canonical. Throws SerializationException.
Value read_value(JsonReader& reader, Problem& problem);
/// {"name": value, …}: an item or a key. Of equal names the last one counts.
Map read_map(JsonReader& reader, Problem& problem);
/// An item as append_map wrote it. What once was accepted is not measured again by today's rules.
Map read_stored_map(JsonReader& reader);

void append_value(std::string& out, const Value& value);
/// {"name": value, …}
void append_map(std::string& out, const Map& map);
std::string to_json(const Map& map);

/// As AWS's messages print a value: "{S:abc}".
std::string describe(const Value& value);

/// Why a text is no number, in AWS's words.
std::string number_problem(core::DecimalFault fault, std::string_view text);

}  // namespace tandem::dynamodb
