#include "services/dynamodb/store/table.h"

#include "core/bytes.h"
#include "core/check.h"
#include "core/text.h"
#include "store/documents.h"
#include "store/store_failure.h"

namespace tandem::dynamodb {
namespace {

constexpr std::string_view kCollection = "tables";
/// The last number given to a table, so that none is given twice.
constexpr std::string_view kLastNumber = "tables-last-number";

json::object document_of(const KeyAttribute& key) {
  return {{"Name", key.name}, {"Type", std::string(1, static_cast<char>(key.type))}};
}

std::optional<KeyAttribute> key_from(const json::object* document) {
  if (document == nullptr) return std::nullopt;
  const std::string type = json::string_or(*document, "Type");
  const std::string name = json::string_or(*document, "Name");
  if (name.empty() || (type != "S" && type != "N" && type != "B")) return std::nullopt;
  return KeyAttribute{name, static_cast<KeyType>(type.front())};
}

store::StoreFailure damaged(std::string_view what) {
  return {store::StoreFailure::Kind::kCorrupt,
          "the record of a table is damaged at '" + std::string(what) + "'"};
}

TableStatus status_from(std::string_view word) {
  for (const TableStatus status : {TableStatus::kCreating, TableStatus::kActive,
                                   TableStatus::kUpdating, TableStatus::kDeleting}) {
    if (text(status) == word) return status;
  }
  throw damaged(word);
}

}  // namespace

std::string_view text(TableStatus status) {
  switch (status) {
    case TableStatus::kCreating:
      return "CREATING";
    case TableStatus::kActive:
      return "ACTIVE";
    case TableStatus::kUpdating:
      return "UPDATING";
    case TableStatus::kDeleting:
      return "DELETING";
  }
  return "";
}

json::object Table::to_document() const {
  json::object document{{"Name", name},
                        {"Number", number},
                        {"Id", id},
                        {"Arn", arn},
                        {"Hash", document_of(hash)},
                        {"Status", text(status)},
                        {"Created", created_s},
                        {"PayPerRequest", billing == BillingMode::kPayPerRequest},
                        {"ReadUnits", throughput.read_units},
                        {"WriteUnits", throughput.write_units},
                        {"PeakReadUnits", peak.read_units},
                        {"PeakWriteUnits", peak.write_units},
                        {"BillingChanged", billing_changed_s},
                        {"ThroughputIncreased", throughput_increased_s},
                        {"ThroughputDecreased", decreases.last_s},
                        {"DecreaseDay", decreases.day},
                        {"DecreasesOfDay", decreases.count},
                        {"StreamView", stream_view},
                        {"StreamLabel", stream_label},
                        {"DeletionProtection", deletion_protection},
                        {"Group", core::hex_encode(group)},
                        {"Legacy", legacy}};
  if (range) document["Range"] = document_of(*range);
  json::object tag_document;
  for (const auto& [key, value] : tags) tag_document[key] = value;
  document["Tags"] = std::move(tag_document);
  return document;
}

Table Table::from_document(const json::object& document) {
  Table table;
  table.name = json::string_or(document, "Name");
  table.number = static_cast<std::uint32_t>(json::int_or(document, "Number", 0));
  table.id = json::string_or(document, "Id");
  table.arn = json::string_or(document, "Arn");
  const auto hash = key_from(json::find_object(document, "Hash"));
  if (!hash) throw damaged(table.name);
  table.hash = *hash;
  table.range = key_from(json::find_object(document, "Range"));
  table.status = status_from(json::string_or(document, "Status"));
  table.created_s = json::find_number(document, "Created").value_or(0);
  table.billing = json::bool_or(document, "PayPerRequest", false) ? BillingMode::kPayPerRequest
                                                                  : BillingMode::kProvisioned;
  table.throughput = {json::int_or(document, "ReadUnits", 0),
                      json::int_or(document, "WriteUnits", 0)};
  table.peak = {json::int_or(document, "PeakReadUnits", 0),
                json::int_or(document, "PeakWriteUnits", 0)};
  table.billing_changed_s = json::find_number(document, "BillingChanged").value_or(0);
  table.throughput_increased_s = json::find_number(document, "ThroughputIncreased").value_or(0);
  table.decreases = {json::int_or(document, "DecreaseDay", 0),
                     json::int_or(document, "DecreasesOfDay", 0),
                     json::find_number(document, "ThroughputDecreased").value_or(0)};
  table.stream_view = json::string_or(document, "StreamView");
  table.stream_label = json::string_or(document, "StreamLabel");
  table.deletion_protection = json::bool_or(document, "DeletionProtection", false);
  table.group = core::hex_decode(json::string_or(document, "Group")).value_or("");
  table.legacy = json::bool_or(document, "Legacy", false);
  if (const json::object* tags = json::find_object(document, "Tags")) {
    for (const auto& [key, value] : *tags) table.tags[key] = json::to_std(value);
  }
  return table;
}

std::string Table::definition() const {
  json::object shared{{"Hash", document_of(hash)}, {"StreamView", stream_view}};
  if (legacy) {
    shared["Legacy"] = true;
  } else {
    shared["PayPerRequest"] = billing == BillingMode::kPayPerRequest;
    shared["ReadUnits"] = throughput.read_units;
    shared["WriteUnits"] = throughput.write_units;
  }
  if (range) shared["Range"] = document_of(*range);
  return json::to_text(shared);
}

bool Table::apply_definition(std::string_view text) {
  const auto parsed = json::parse_text(text);
  if (!parsed || !parsed.value().is_object()) return false;
  const json::object& shared = parsed.value().as_object();
  const auto shared_hash = key_from(json::find_object(shared, "Hash"));
  const json::object* range_document = json::find_object(shared, "Range");
  const auto shared_range = key_from(range_document);
  if (!shared_hash || (range_document != nullptr && !shared_range)) return false;
  hash = *shared_hash;
  range = shared_range;
  legacy = json::bool_or(shared, "Legacy", false);
  if (!legacy) {
    billing = json::bool_or(shared, "PayPerRequest", false) ? BillingMode::kPayPerRequest
                                                            : BillingMode::kProvisioned;
    // Each replica's reads are its own once it has some: they are scaled in its region alone.
    const std::int64_t own_reads = billing == BillingMode::kProvisioned ? throughput.read_units : 0;
    throughput = {own_reads > 0 ? own_reads : json::int_or(shared, "ReadUnits", 0),
                  json::int_or(shared, "WriteUnits", 0)};
  }
  stream_view = json::string_or(shared, "StreamView");
  return true;
}

TableCatalog::TableCatalog(store::Store& store) : store_(store) {
  for (const auto& [name, document] : store::Documents(store, kCollection).list()) {
    auto table = std::make_unique<Table>(Table::from_document(document));
    by_number_[table->number] = table.get();
    tables_.emplace(name, std::move(table));
  }
  if (const auto last = store.get(kLastNumber)) {
    next_number_ = static_cast<std::uint32_t>(core::parse_uint(*last).value_or(0)) + 1;
  }
}

const Table* TableCatalog::find(std::string_view name_or_arn) const {
  const auto found = tables_.find(name_or_arn);
  if (found != tables_.end()) return found->second.get();
  const std::size_t slash = name_or_arn.find('/');
  if (slash == std::string_view::npos) return nullptr;
  const auto named = tables_.find(name_or_arn.substr(slash + 1));
  return named != tables_.end() && named->second->arn == name_or_arn ? named->second.get()
                                                                     : nullptr;
}

std::vector<const Table*> TableCatalog::list(std::string_view after, std::size_t limit) const {
  std::vector<const Table*> found;
  for (auto at = tables_.upper_bound(after); at != tables_.end() && found.size() < limit; ++at) {
    found.push_back(at->second.get());
  }
  return found;
}

const Table* TableCatalog::find_group(std::string_view group) const {
  for (const auto& [name, table] : tables_) {
    if (table->group == group) return table.get();
  }
  return nullptr;
}

const Table* TableCatalog::find_number(std::uint32_t number) const {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : found->second;
}

const Table& TableCatalog::add(Table table) {
  CHECK(!tables_.contains(table.name));
  table.number = next_number_++;
  store::WriteBatch batch;
  store::Documents(store_, kCollection).put(batch, table.name, table.to_document());
  batch.put(kLastNumber, std::to_string(table.number));
  store_.write(std::move(batch));
  auto kept = std::make_unique<Table>(std::move(table));
  by_number_[kept->number] = kept.get();
  return *tables_.emplace(kept->name, std::move(kept)).first->second;
}

const Table& TableCatalog::update(Table table) {
  const auto found = tables_.find(table.name);
  CHECK(found != tables_.end() && found->second->number == table.number);
  store::Documents(store_, kCollection).put(table.name, table.to_document());
  *found->second = std::move(table);
  return *found->second;
}

void TableCatalog::remove(std::string_view name) {
  const auto found = tables_.find(name);
  CHECK(found != tables_.end());
  store::Documents(store_, kCollection).erase(name);
  by_number_.erase(found->second->number);
  tables_.erase(found);
}

void TableCatalog::clear() {
  tables_.clear();
  by_number_.clear();
}

}  // namespace tandem::dynamodb
