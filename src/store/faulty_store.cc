#include "store/faulty_store.h"

#include "store/engines.h"

namespace tandem::store {

FaultyStore::FaultyStore() : FaultyStore(make_memory_store()) {}
FaultyStore::FaultyStore(std::unique_ptr<Store> whole) : whole_(std::move(whole)) {}

void FaultyStore::fail_next_writes(std::uint64_t n, Failure failure) { fail_after(0, n, failure); }

void FaultyStore::fail_after(std::uint64_t n, std::uint64_t count, Failure failure) {
  succeeding_ = n;
  failing_ = count;
  failure_ = failure;
}

void FaultyStore::write(WriteBatch batch) {
  if (failing_ == 0) return keep(std::move(batch));
  if (succeeding_ > 0) {
    --succeeding_;
    return keep(std::move(batch));
  }
  if (failing_ != kForEver) --failing_;
  ++failures_;
  if (failure_ == Failure::kKept) keep(std::move(batch));
  throw StoreFailure(kind_, "the store refuses this write, as the test asked");
}

void FaultyStore::keep(WriteBatch batch) {
  Undo undo = undo_of(batch);
  whole_->write(std::move(batch));
  undo_.push_back(std::move(undo));
  if (undo_.size() > kRemembered) undo_.pop_front();
}

FaultyStore::Undo FaultyStore::undo_of(const WriteBatch& batch) const {
  Undo undo;
  for (const WriteBatch::Operation& operation : batch.operations()) {
    if (operation.kind != WriteBatch::Kind::kEraseRange) {
      if (!undo.contains(operation.key)) undo.emplace(operation.key, whole_->get(operation.key));
      continue;
    }
    const auto range = whole_->cursor(operation.key, operation.value);
    for (range->seek(operation.key); range->valid(); range->next()) {
      undo.try_emplace(std::string(range->key()), std::string(range->value()));
    }
  }
  return undo;
}

void FaultyStore::sync() {
  whole_->sync();
  undo_.clear();
}

FaultyStore::Snapshot FaultyStore::snapshot() const {
  Snapshot all;
  const auto cursor = whole_->cursor("", "");
  for (cursor->seek(""); cursor->valid(); cursor->next())
    all.emplace(cursor->key(), cursor->value());
  return all;
}

void FaultyStore::restore(const Snapshot& snapshot) {
  WriteBatch batch;
  for (const auto& [key, value] : this->snapshot()) {
    if (!snapshot.contains(key)) batch.erase(key);
  }
  for (const auto& [key, value] : snapshot) batch.put(key, value);
  whole_->write(std::move(batch));
  undo_.clear();
}

std::size_t FaultyStore::lose_suffix(std::size_t k) {
  std::size_t lost = 0;
  for (; lost < k && !undo_.empty(); ++lost) {
    WriteBatch batch;
    for (const auto& [key, value] : undo_.back()) {
      if (value) {
        batch.put(key, *value);
      } else {
        batch.erase(key);
      }
    }
    whole_->write(std::move(batch));
    undo_.pop_back();
  }
  return lost;
}

}  // namespace tandem::store
