// Primary keys of requests, checked against a table's schema.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/error.h"
#include "services/dynamodb/model/path.h"
#include "services/dynamodb/store/table.h"

namespace tandem::dynamodb {

/// ResourceNotFoundException in the words of item operations.
aws::ApiError no_such_table();
/// The table, if it can serve items now; otherwise throws no_such_table().
const Table& require_table(const TableCatalog& tables, std::string_view name);
/// The same for one that had an id: another may have its name by now.
const Table& require_same_table(const TableCatalog& tables, std::string_view name,
                                std::string_view id);

/// The encoded key of an item that is to be put. Throws ValidationException when a key attribute is
/// missing, of a wrong type, empty or too long.
std::string key_of_item(const Table& table, const Map& item);
/// The same for an item of a batch, where a missing key attribute and one of a wrong type are
/// reported as those of a Key parameter are (measured).
std::string key_of_batch_item(const Table& table, const Map& item);
/// The encoded key from a Key parameter, which must have the key attributes and no others.
std::string key_of(const Table& table, const Map& key);

/// The key attributes of an item.
Map key_attributes(const Table& table, const Map& item);

Type type_of(KeyType type);
bool is_key_attribute(const Table& table, std::string_view name);
/// One value of a key: neither empty nor too long.
enum class KeyPart { kHash, kRange };
void check_key_value(const std::string& name, const Value& value, KeyPart part);

/// Throws when a path leads into a key attribute, for those are scalars.
void check_scalar_keys(const Table& table, const Path& path);

}  // namespace tandem::dynamodb
