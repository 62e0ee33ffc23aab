// A table as a region knows it, and the catalogue of a region's tables.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "services/dynamodb/model/decrease_quota.h"
#include "store/store.h"

namespace tandem::dynamodb {

/// The three types a key attribute can have; the value is AWS's letter.
enum class KeyType : char { kString = 'S', kNumber = 'N', kBinary = 'B' };

struct KeyAttribute {
  std::string name;
  KeyType type = KeyType::kString;
  bool operator==(const KeyAttribute&) const = default;
};

enum class TableStatus { kCreating, kActive, kUpdating, kDeleting };
std::string_view text(TableStatus status);

enum class BillingMode { kProvisioned, kPayPerRequest };

struct Throughput {
  std::int64_t read_units = 0;
  std::int64_t write_units = 0;
  bool operator==(const Throughput&) const = default;
};

struct Table {
  std::string name;
  std::uint32_t number = 0;  ///< never reused in this region; the prefix of the table's records
  std::string id;            ///< uuid: TableId
  std::string arn;
  KeyAttribute hash;
  std::optional<KeyAttribute> range;
  TableStatus status = TableStatus::kActive;
  double created_s = 0;  ///< epoch seconds

  BillingMode billing = BillingMode::kProvisioned;
  Throughput throughput;  ///< zero when billed per request
  /// What is known of peaks: half of what was provisioned before, or reached since (on demand).
  Throughput peak;
  double billing_changed_s = 0;       ///< last switch to on-demand; 0: never
  double throughput_increased_s = 0;  ///< 0: never
  Decreases decreases;                ///< of its throughput
  std::string stream_view;            ///< "NEW_AND_OLD_IMAGES" …; empty: no stream
  std::string stream_label;           ///< kept after the stream is disabled, as AWS does
  bool deletion_protection = false;
  std::map<std::string, std::string> tags;

  std::string group;    ///< id of its replica group, 16 bytes; empty: not a global table
  bool legacy = false;  ///< of a global table of version 2017.11.29: joined with others' items

  bool replicated() const { return !group.empty(); }
  /// Items can be read and written: everything but CREATING and DELETING.
  bool serves_items() const {
    return status == TableStatus::kActive || status == TableStatus::kUpdating;
  }
  json::object to_document() const;
  static Table from_document(const json::object& document);
  /// What all replicas of a table share: keys, capacity (but of a legacy one) and stream settings.
  std::string definition() const;
  /// False, and nothing changed, when the text is not a definition.
  bool apply_definition(std::string_view text);
};

/// The region's tables by name. In memory, and written through to the store. Pointers stay valid
/// until the table is removed, which may happen at any suspension point: do not keep them across.
class TableCatalog {
 public:
  explicit TableCatalog(store::Store& store);

  /// By name, or by ARN of this region's table (AWS accepts either wherever a TableName goes).
  const Table* find(std::string_view name_or_arn) const;
  /// In order of name, starting after `after`.
  std::vector<const Table*> list(std::string_view after, std::size_t limit) const;
  const Table* find_group(std::string_view group) const;
  const Table* find_number(std::uint32_t number) const;
  std::size_t size() const { return tables_.size(); }

  /// Numbers the table and writes it. The name must be free.
  const Table& add(Table table);
  /// Writes the table through; name and number must be those of an existing one.
  const Table& update(Table table);
  /// Forgets the table; its records are the caller's to erase.
  void remove(std::string_view name);
  /// Forgets the in-memory tables; the store is the caller's to clear.
  void clear();

 private:
  store::Store& store_;
  std::map<std::string, std::unique_ptr<Table>, std::less<>> tables_;
  std::map<std::uint32_t, Table*> by_number_;
  std::uint32_t next_number_ = 1;
};

}  // namespace tandem::dynamodb
