#include "services/route53/store/zones.h"

#include <algorithm>
#include <fmt/format.h>

#include "store/store_failure.h"

namespace tandem::route53 {
namespace {

HostedZone zone_from_document(const std::string& id, const json::object& document) {
  HostedZone zone;
  zone.id = id;
  auto name = parse_name(json::string_or(document, "Name"));
  if (!name) {
    throw store::StoreFailure(store::StoreFailure::Kind::kCorrupt,
                              fmt::format("the record of hosted zone {} is damaged", id));
  }
  zone.name = std::move(name).value();
  zone.caller_reference = json::string_or(document, "CallerReference");
  zone.comment = json::find_string(document, "Comment");
  zone.sequence = static_cast<std::uint64_t>(json::int_or(document, "Sequence", 0));
  if (const json::array* servers = json::find_array(document, "NameServers")) {
    for (const json::value& server : *servers) zone.name_servers.push_back(json::to_std(server));
  }
  return zone;
}

}  // namespace

ZoneStore::ZoneStore(store::Store& store)
    : zone_documents_(store, "zone"), record_documents_(store, "record") {
  for (const auto& [id, document] : zone_documents_.list()) {
    HostedZone& zone = insert(zone_from_document(id, document));
    for (const auto& [record_id, record] : record_documents_.list(id + '\0')) {
      RecordSet set = record_from_document(record);
      RecordKey key = key_of(set);
      zone.records.emplace(std::move(key), std::move(set));
    }
  }
}

HostedZone* ZoneStore::find(std::string_view id) {
  const auto found = zones_.find(id);
  return found == zones_.end() ? nullptr : &found->second;
}

bool ZoneStore::reference_used(std::string_view caller_reference) const {
  return std::ranges::any_of(
      zones_, [&](const auto& entry) { return entry.second.caller_reference == caller_reference; });
}

void ZoneStore::write_zone(store::WriteBatch& batch, const HostedZone& zone) const {
  json::object document;
  document["Name"] = zone.name.text;
  document["CallerReference"] = zone.caller_reference;
  if (zone.comment) document["Comment"] = *zone.comment;
  document["NameServers"] = delegation_set_document(zone)["NameServers"];
  document["Sequence"] = zone.sequence;
  zone_documents_.put(batch, zone.id, document);
}

void ZoneStore::write_record(store::WriteBatch& batch, const std::string& zone_id,
                             const RecordSet& record) const {
  record_documents_.put(batch, record_id(zone_id, key_of(record)), to_document(record));
}

void ZoneStore::erase_record(store::WriteBatch& batch, const std::string& zone_id,
                             const RecordKey& key) const {
  record_documents_.erase(batch, record_id(zone_id, key));
}

void ZoneStore::erase_zone(store::WriteBatch& batch, const HostedZone& zone) const {
  for (const auto& [key, record] : zone.records) erase_record(batch, zone.id, key);
  zone_documents_.erase(batch, zone.id);
}

HostedZone& ZoneStore::insert(HostedZone zone) {
  next_sequence_ = std::max(next_sequence_, zone.sequence + 1);
  const std::string id = zone.id;
  return zones_.insert_or_assign(id, std::move(zone)).first->second;
}

void ZoneStore::clear() {
  zones_.clear();
  next_sequence_ = 1;
}

std::string ZoneStore::record_id(const std::string& zone_id, const RecordKey& key) {
  return zone_id + '\0' + key.name + '\0' + key.type + '\0' + key.set_identifier;
}

ChangeLog::ChangeLog(store::Store& store) : documents_(store, "change") {
  for (const auto& [id, document] : documents_.list()) {
    if (changes_.empty()) first_sequence_ = std::stoull(id);
    changes_.push_back({json::string_or(document, "Id"),
                        json::find_number(document, "SubmittedAt").value_or(0),
                        json::string_or(document, "Comment")});
  }
}

std::string ChangeLog::document_id(std::uint64_t sequence) {
  return fmt::format("{:020}", sequence);
}

void ChangeLog::write(store::WriteBatch& batch, const ChangeInfo& change) const {
  json::object document;
  document["Id"] = change.id;
  document["SubmittedAt"] = change.submitted_s;
  if (!change.comment.empty()) document["Comment"] = change.comment;
  documents_.put(batch, document_id(first_sequence_ + changes_.size()), document);
  if (changes_.size() >= kKept) documents_.erase(batch, document_id(first_sequence_));
}

void ChangeLog::add(ChangeInfo change) {
  changes_.push_back(std::move(change));
  if (changes_.size() <= kKept) return;
  changes_.pop_front();
  ++first_sequence_;
}

const ChangeInfo* ChangeLog::find(std::string_view id) const {
  const auto found = std::ranges::find(changes_, id, &ChangeInfo::id);
  return found == changes_.end() ? nullptr : &*found;
}

void ChangeLog::clear() {
  changes_.clear();
  first_sequence_ = 1;
}

json::object to_document(const ChangeInfo& change, ChangeStatus status) {
  json::object document;
  document["Id"] = "/change/" + change.id;
  document["Status"] = status == ChangeStatus::kPending ? "PENDING" : "INSYNC";
  document["SubmittedAt"] = change.submitted_s;
  if (!change.comment.empty()) document["Comment"] = change.comment;
  return document;
}

}  // namespace tandem::route53
