// Which of this region's writes last writer wins threw away unseen.
//
// A write is lost when another region's version takes its place whose writer had not seen it, and
// nobody else had either: nothing that was written later has it in its past. The loser's region
// lists it, in the batch that throws it away, so exactly once. A write that was overwritten by
// somebody who had seen it is not lost, whatever became of that one.
//
// Between two regions this is exact. Among more a write may be listed although a third region had
// seen and overwritten it: when that version was lost, too, before it was shipped.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "replication/derive.h"

namespace tandem::replication {

struct LostUpdate {
  std::uint32_t collection = 0;
  std::string key;
  Timestamp lost = 0;  ///< when this region wrote it
  Liveness lost_as = Liveness::kItem;
  Timestamp winner = 0;
  std::string winner_region;
  Liveness winner_as = Liveness::kItem;
  std::int64_t noticed_us = 0;  ///< by this region's wall clock
};

class LostUpdates final : public Deriver {
 public:
  /// The newest are kept.
  static constexpr std::size_t kMost = 1'000;

  /// region: this one. Borrows store and clock. Throws as reload().
  LostUpdates(std::string region, const store::Store& store, const core::Clock& clock);

  /// By number, which grows; oldest first.
  const std::map<std::uint64_t, LostUpdate>& all() const { return listed_; }
  /// Ever, those that are no longer kept or turned out to be seen, too.
  std::uint64_t total() const { return last_; }

  void derive(const Change& change, store::WriteBatch& batch) override;
  /// A record of another region came too late to take the item's place. Its past counts.
  void pass_over(std::uint32_t collection, std::string_view key, const RecordView& record,
                 store::WriteBatch& batch);
  void seal(store::WriteBatch&) override {}
  void committed() override;
  void abandoned() override;
  void reload() override;
  /// The collection is gone: adds to the batch what removes its entries; reload() once written.
  void forget(std::uint32_t collection, store::WriteBatch& batch) const;

 private:
  using Item = std::pair<std::uint32_t, std::string>;
  void list(LostUpdate lost, store::WriteBatch& batch);
  void remember(std::uint64_t number, LostUpdate lost);
  LostUpdate forget(std::uint64_t number);
  void strike(std::uint64_t number, store::WriteBatch& batch);
  /// Strikes what the record's writer had seen after all.
  void strike_seen(std::uint32_t collection, std::string_view key, const Mark& seen,
                   store::WriteBatch& batch);

  std::string region_;
  const store::Store& store_;
  const core::Clock& clock_;
  std::map<std::uint64_t, LostUpdate> listed_;
  std::multimap<Item, std::uint64_t> by_item_;
  std::uint64_t last_ = 0;
  /// What the batch at hand has done to memory, to be taken back without reading the store.
  struct Step {
    std::uint64_t number = 0;
    std::optional<LostUpdate> struck;  ///< absent: it was listed
  };
  std::vector<Step> staged_;
};

}  // namespace tandem::replication
