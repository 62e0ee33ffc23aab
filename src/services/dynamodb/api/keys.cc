#include "services/dynamodb/api/keys.h"

#include "aws/error.h"
#include "services/dynamodb/model/key_codec.h"

namespace tandem::dynamodb {
namespace {

constexpr std::size_t kMaxHashBytes = 2048;
constexpr std::size_t kMaxRangeBytes = 1024;

aws::ApiError invalid(std::string text) {
  return aws::ApiError::validation_exception(std::move(text));
}

aws::ApiError schema_mismatch() {
  return invalid("The provided key element does not match the schema");
}

const Value& item_key_value(const KeyAttribute& attribute, const Map& item) {
  const Value* value = item.find(attribute.name);
  if (value == nullptr) {
    throw invalid("One or more parameter values were invalid: Missing the key " + attribute.name +
                  " in the item");
  }
  if (value->type() != type_of(attribute.type)) {
    throw invalid("One or more parameter values were invalid: Type mismatch for key " +
                  attribute.name + " expected: " + static_cast<char>(attribute.type) +
                  " actual: " + std::string(type_name(value->type())));
  }
  return *value;
}

const Value& key_value(const KeyAttribute& attribute, const Map& key) {
  const Value* value = key.find(attribute.name);
  if (value == nullptr || value->type() != type_of(attribute.type)) throw schema_mismatch();
  return *value;
}

std::string encode(const Table& table, const Value& hash, const Value* range) {
  check_key_value(table.hash.name, hash, KeyPart::kHash);
  if (range != nullptr) check_key_value(table.range->name, *range, KeyPart::kRange);
  return encode_key(hash, range);
}

}  // namespace

aws::ApiError no_such_table() {
  return {400, "ResourceNotFoundException", "Requested resource not found"};
}

const Table& require_table(const TableCatalog& tables, std::string_view name) {
  const Table* table = tables.find(name);
  if (table == nullptr || !table->serves_items()) throw no_such_table();
  return *table;
}

const Table& require_same_table(const TableCatalog& tables, std::string_view name,
                                std::string_view id) {
  const Table& table = require_table(tables, name);
  if (table.id != id) throw no_such_table();
  return table;
}

std::string key_of_item(const Table& table, const Map& item) {
  const Value& hash = item_key_value(table.hash, item);
  const Value* range = table.range ? &item_key_value(*table.range, item) : nullptr;
  return encode(table, hash, range);
}

std::string key_of_batch_item(const Table& table, const Map& item) {
  const Value& hash = key_value(table.hash, item);
  const Value* range = table.range ? &key_value(*table.range, item) : nullptr;
  return encode(table, hash, range);
}

std::string key_of(const Table& table, const Map& key) {
  if (key.size() != (table.range ? 2U : 1U)) throw schema_mismatch();
  const Value& hash = key_value(table.hash, key);
  const Value* range = table.range ? &key_value(*table.range, key) : nullptr;
  return encode(table, hash, range);
}

Map key_attributes(const Table& table, const Map& item) {
  Map key;
  if (const Value* hash = item.find(table.hash.name)) key.append(table.hash.name, *hash);
  if (!table.range) return key;
  if (const Value* range = item.find(table.range->name)) key.append(table.range->name, *range);
  return key;
}

Type type_of(KeyType type) {
  switch (type) {
    case KeyType::kNumber:
      return Type::kN;
    case KeyType::kBinary:
      return Type::kB;
    default:
      return Type::kS;
  }
}

bool is_key_attribute(const Table& table, std::string_view name) {
  return name == table.hash.name || (table.range && name == table.range->name);
}

void check_key_value(const std::string& name, const Value& value, KeyPart part) {
  const std::string* bytes = value.bytes();
  if (bytes == nullptr) return;
  if (bytes->empty()) {
    throw invalid(
        std::string("One or more parameter values are not valid. The AttributeValue for a key "
                    "attribute cannot contain an empty ") +
        (value.type() == Type::kS ? "string" : "binary") + " value. Key: " + name);
  }
  // The missing space is the service's.
  if (part == KeyPart::kHash && bytes->size() > kMaxHashBytes) {
    throw invalid(
        "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size "
        "limit of2048 bytes");
  }
  if (part == KeyPart::kRange && bytes->size() > kMaxRangeBytes) {
    throw invalid(
        "One or more parameter values were invalid: Aggregated size of all range keys has exceeded "
        "the size limit of 1024 bytes");
  }
}

void check_scalar_keys(const Table& table, const Path& path) {
  if (path.size() < 2 || !is_key_attribute(table, path.front().name)) return;
  throw invalid(
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
      "allowed: Key: " +
      path.front().name);
}

}  // namespace tandem::dynamodb
