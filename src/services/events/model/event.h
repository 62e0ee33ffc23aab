// From an entry of PutEvents to the event that rules see.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::events {

/// All entries of a request (user guide, "PutEvents event entry size"; 256 KB until January 2026).
inline constexpr std::size_t kRequestBytes = 1'048'576;
/// "PutEvents will only process nested JSON up to 1000 levels deep" (API reference, PutEvents).
inline constexpr std::size_t kEventDepth = 1000;

/// As AWS counts (user guide, "Calculating PutEvents event entry size").
std::size_t entry_bytes(const json::object& entry);

/// Why one entry is not taken, in the members of its result.
struct EntryError {
  std::string_view code;
  std::string_view message;
};
/// What is wrong with an entry; detail: its parsed Detail when nothing is.
std::optional<EntryError> read_entry(const json::object& entry, json::object& detail);

struct EventOrigin {
  std::string id;
  std::string account;
  std::string region;
  std::int64_t now_s = 0;  ///< for an entry without a time
};
/// The event, its members in AWS's order.
json::object make_event(const json::object& entry, json::object detail, const EventOrigin& origin);

/// Whether TestEventPattern takes it: an object with the members that every event has.
bool is_event(const json::object& event);

}  // namespace tandem::events
