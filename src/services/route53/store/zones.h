// Hosted zones with their records, and the log of changes: in memory, mirrored in the store. Every
// change goes through a batch that the caller writes; memory is changed by the caller after that.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "services/route53/model/hosted_zone.h"
#include "store/documents.h"
#include "store/store.h"

namespace tandem::route53 {

class ZoneStore {
 public:
  /// Loads what the store holds. Borrows it.
  explicit ZoneStore(store::Store& store);

  HostedZone* find(std::string_view id);
  const std::map<std::string, HostedZone, std::less<>>& all() const { return zones_; }
  bool reference_used(std::string_view caller_reference) const;
  std::uint64_t next_sequence() const { return next_sequence_; }

  /// The zone without its records.
  void write_zone(store::WriteBatch& batch, const HostedZone& zone) const;
  void write_record(store::WriteBatch& batch, const std::string& zone_id,
                    const RecordSet& record) const;
  void erase_record(store::WriteBatch& batch, const std::string& zone_id,
                    const RecordKey& key) const;
  /// The zone with all its records.
  void erase_zone(store::WriteBatch& batch, const HostedZone& zone) const;

  HostedZone& insert(HostedZone zone);
  void remove(const std::string& id) { zones_.erase(id); }
  void clear();

 private:
  static std::string record_id(const std::string& zone_id, const RecordKey& key);
  store::Documents zone_documents_;
  store::Documents record_documents_;
  std::map<std::string, HostedZone, std::less<>> zones_;
  std::uint64_t next_sequence_ = 1;
};

struct ChangeInfo {
  std::string id;  ///< "C0123456789ABCDEFGHIJ"
  double submitted_s = 0;
  std::string comment;
};

/// The latest changes, so that GetChange can tell. All of them are in sync: the DNS server reads
/// what the change made before its answer is on the way.
class ChangeLog {
 public:
  static constexpr std::size_t kKept = 2'000;

  explicit ChangeLog(store::Store& store);
  /// Adds to the batch what makes the change last; to be followed by add() once it is written.
  void write(store::WriteBatch& batch, const ChangeInfo& change) const;
  void add(ChangeInfo change);
  const ChangeInfo* find(std::string_view id) const;
  void clear();

 private:
  static std::string document_id(std::uint64_t sequence);
  store::Documents documents_;
  std::deque<ChangeInfo> changes_;  ///< oldest first
  std::uint64_t first_sequence_ = 1;
};

enum class ChangeStatus { kPending, kInSync };
/// The ChangeInfo structure of the API.
json::object to_document(const ChangeInfo& change, ChangeStatus status);

}  // namespace tandem::route53
