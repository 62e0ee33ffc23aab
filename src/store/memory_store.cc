#include <map>

#include "store/engines.h"

namespace tandem::store {
namespace {

using Map = std::map<std::string, std::string, std::less<>>;

/// Walks a copy of the range, so that it is a snapshot as the contract asks.
class MemoryCursor final : public Cursor {
 public:
  MemoryCursor(const Map& from, std::string_view begin, std::string_view end) {
    const auto last = end.empty() ? from.end() : from.lower_bound(end);
    for (auto at = from.lower_bound(begin); at != from.end() && at != last; ++at) map_.insert(*at);
    at_ = map_.end();
  }
  bool valid() const override { return at_ != map_.end(); }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return at_->second; }
  void next() override { ++at_; }
  void previous() override { at_ = at_ == map_.begin() ? map_.end() : std::prev(at_); }
  void seek(std::string_view key) override { at_ = map_.lower_bound(key); }
  void seek_backward(std::string_view key) override {
    at_ = map_.upper_bound(key);
    at_ = at_ == map_.begin() ? map_.end() : std::prev(at_);
  }

 private:
  Map map_;
  Map::const_iterator at_;
};

class MemoryStore final : public Store {
 public:
  std::optional<std::string> get(std::string_view key) const override {
    const auto found = map_.find(key);
    if (found == map_.end()) return std::nullopt;
    return found->second;
  }

  void write(WriteBatch batch) override {
    for (WriteBatch::Operation& operation : batch.operations()) {
      if (operation.kind == WriteBatch::Kind::kPut) {
        map_.insert_or_assign(std::move(operation.key), std::move(operation.value));
      } else if (operation.kind == WriteBatch::Kind::kErase) {
        map_.erase(operation.key);
      } else if (operation.key < operation.value) {
        map_.erase(map_.lower_bound(operation.key), map_.lower_bound(operation.value));
      }
    }
    ++writes_;
  }

  std::unique_ptr<Cursor> cursor(std::string_view begin, std::string_view end) const override {
    return std::make_unique<MemoryCursor>(map_, begin, end);
  }

  std::uint64_t writes() const override { return writes_; }
  void sync() override {}

 private:
  Map map_;
  std::uint64_t writes_ = 0;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() { return std::make_unique<MemoryStore>(); }
std::unique_ptr<Store> make_scratch_store() { return std::make_unique<MemoryStore>(); }

}  // namespace tandem::store
