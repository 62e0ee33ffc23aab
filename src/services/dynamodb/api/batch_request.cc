#include <unordered_map>
#include <utility>

#include "services/dynamodb/api/item_request.h"

namespace tandem::dynamodb {
namespace {

constexpr std::string_view kPackage = "class com.amazonaws.dynamodb.v20120810.";

void require_structure(JsonReader& reader, std::string_view name) {
  reader.require_object(std::string(kPackage).append(name));
}

/// {"Item": {…}} or {"Key": {…}}.
std::optional<AttributeMap> read_one_member(JsonReader& reader, std::string_view structure,
                                            std::string_view member, const aws::MemberPath& path) {
  std::optional<AttributeMap> out;
  require_structure(reader, structure);
  reader.object([&](std::string_view name) {
    if (reader.peek() == JsonReader::Kind::kNull) return reader.skip();
    if (name != member) {
      aws::MemberPath(path, structure).add(name);
      return reader.skip();
    }
    out = read_attributes(reader, aws::MemberPath(path, member));
  });
  return out;
}

BatchWrite read_write(JsonReader& reader, const aws::MemberPath& path) {
  BatchWrite write;
  require_structure(reader, "WriteRequest");
  reader.object([&](std::string_view name) {
    if (reader.peek() == JsonReader::Kind::kNull) return reader.skip();
    if (name == "PutRequest") {
      write.put = read_one_member(reader, name, "Item", path);
      write.null = write.null || !write.put;
    } else if (name == "DeleteRequest") {
      write.erase = read_one_member(reader, name, "Key", path);
      write.null = write.null || !write.erase;
    } else {
      path.add(name);
      reader.skip();
    }
  });
  return write;
}

void read_writes(JsonReader& reader, BatchTable& table, const aws::MemberPath& path) {
  reader.require_array();
  reader.array([&] {
    if (table.writes.size() > kMaxBatchWrites) {
      reader.skip();
    } else if (reader.take_null()) {
      table.writes.emplace_back();
    } else {
      table.writes.push_back(read_write(reader, path));
    }
  });
}

void read_keys(JsonReader& reader, BatchTable& table, std::string_view body,
               const aws::MemberPath& path) {
  require_structure(reader, "KeysAndAttributes");
  reader.object([&](std::string_view name) {
    if (reader.peek() == JsonReader::Kind::kNull) return reader.skip();
    if (name == "Keys") {
      reader.require_array();
      table.keys.emplace();
      reader.array([&] {
        if (table.keys->size() > kMaxBatchKeys) return reader.skip();
        table.keys->push_back(read_attributes(reader, aws::MemberPath(path, name)));
      });
    } else if (name == "ProjectionExpression") {
      table.projection = reader.string();
    } else if (name == "ConsistentRead") {
      table.consistent_read = reader.boolean();
    } else if (name == "ExpressionAttributeNames") {
      const std::size_t begin = reader.position();
      table.substitutions.read_names(reader);
      table.names_json = body.substr(begin, reader.position() - begin);
    } else if (name == "AttributesToGet") {
      throw aws::ApiError::validation_exception(
          "AttributesToGet is a legacy parameter that is not supported here; use "
          "ProjectionExpression");
    } else {
      path.add(name);
      reader.skip();
    }
  });
}

}  // namespace

std::vector<BatchTable> read_request_items(JsonReader& reader, std::string_view body, bool get,
                                           const aws::MemberPath& path) {
  std::vector<BatchTable> tables;
  std::unordered_map<std::string, std::size_t> places;
  reader.require_object("java.util.Map");
  reader.object([&](std::string_view name) {
    // Each has a key or a write, or the first that has none is refused.
    if (tables.size() > kMaxBatchKeys) return reader.skip();
    BatchTable table;
    table.name = name;
    if (reader.peek() == JsonReader::Kind::kNull) {
      reader.skip();
    } else if (get) {
      read_keys(reader, table, body, path);
    } else {
      read_writes(reader, table, path);
    }
    const auto [place, fresh] = places.try_emplace(table.name, tables.size());
    if (fresh) {
      tables.push_back(std::move(table));
    } else {
      tables[place->second] = std::move(table);
    }
  });
  return tables;
}

}  // namespace tandem::dynamodb
