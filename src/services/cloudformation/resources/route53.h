// What the Route 53 types share.
#pragma once

#include <string>

#include "services/cloudformation/resources/common.h"

namespace tandem::cloudformation {

/// As ChangeResourceRecordSets takes it.
json::object record_set(const json::object& properties);
/// Name, type and set identifier: what makes two record sets the same one.
std::string identity_of(const json::object& record);

/// The zone by id, or by name. Throws HandlerError when there is not exactly one.
Task<std::string> zone_of(HandlerContext& context, json::object properties);

/// Whether the zone has a set of that name, type and identifier. Records have no tags and no
/// tokens: a set that was not there and is, value for value, what an interrupted creation wanted
/// counts as made by it.
Task<bool> record_exists(HandlerContext& context, std::string zone, json::object record);
/// One batch, then waits until it is INSYNC.
Task<void> change_records(HandlerContext& context, std::string zone, json::array changes);
/// The same, where an update that was interrupted may have made the whole batch before.
Task<void> change_records_once(HandlerContext& context, std::string zone, json::array changes);
json::object record_change(std::string_view action, const json::object& record);
/// The same, where records that are not there are removed already.
Task<void> remove_records(HandlerContext& context, std::string zone, json::array records);

}  // namespace tandem::cloudformation
