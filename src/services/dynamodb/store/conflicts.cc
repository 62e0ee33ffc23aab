#include "services/dynamodb/store/conflicts.h"

#include "core/bytes.h"
#include "core/clock.h"
#include "services/dynamodb/model/key_codec.h"

namespace tandem::dynamodb {
namespace {

KeyForm form_of(const KeyAttribute& attribute) {
  return attribute.type == KeyType::kNumber ? KeyForm::kNumber : KeyForm::kBytes;
}

json::object value_of(const KeyAttribute& attribute, const std::string& decoded) {
  const std::string type(1, static_cast<char>(attribute.type));
  return {{type, attribute.type == KeyType::kBinary ? core::base64_encode(decoded) : decoded}};
}

/// Empty for bytes that are no key of the table: it was made anew with another schema.
json::object key_of(const std::string& key, const Table& table) {
  const auto range = table.range ? std::optional(form_of(*table.range)) : std::nullopt;
  const auto decoded = decode_key(key, form_of(table.hash), range);
  if (!decoded) return {};
  json::object document{{table.hash.name, value_of(table.hash, decoded->hash)}};
  if (table.range) document[table.range->name] = value_of(*table.range, decoded->range);
  return document;
}

json::object version(replication::Timestamp time, const std::string& region,
                     replication::Liveness liveness) {
  return {{"Region", region},
          {"Time", core::iso8601_ms(replication::wall_us(time) / 1000)},
          {"Operation", liveness == replication::Liveness::kTombstone ? "Delete" : "Put"}};
}

}  // namespace

json::object conflict_document(const replication::LostUpdate& lost, const Table& table,
                               const std::string& region) {
  return {{"Table", table.name},
          {"Key", key_of(lost.key, table)},
          {"Lost", version(lost.lost, region, lost.lost_as)},
          {"Winner", version(lost.winner, lost.winner_region, lost.winner_as)},
          {"NoticedAt", core::iso8601_ms(lost.noticed_us / 1000)}};
}

}  // namespace tandem::dynamodb
