// Settings that CreateTable, UpdateTable and the tag operations read alike.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "core/json.h"
#include "services/dynamodb/store/table.h"

namespace tandem::dynamodb {

/// ProvisionedThroughput, checked against the largest value AWS takes.
std::optional<Throughput> requested_throughput(const json::object& input);
aws::ApiError throughput_with_per_request();

/// DeletionProtectionEnabled; SerializationException when it is not a boolean.
std::optional<bool> requested_protection(const json::object& input);

/// Adds the input's Tags. Throws ValidationException on reserved keys and past 50 tags.
void add_tags(Table& table, const json::object& input);
void remove_tags(Table& table, const json::array& keys);
/// [{"Key", "Value"}].
json::array list_of_tags(const Table& table);

}  // namespace tandem::dynamodb
