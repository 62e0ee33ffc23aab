#include "store/store.h"

namespace tandem::store {
namespace {

class ScopedCursor final : public Cursor {
 public:
  ScopedCursor(std::unique_ptr<Cursor> whole, std::string prefix)
      : whole_(std::move(whole)), prefix_(std::move(prefix)) {}
  bool valid() const override { return whole_->valid(); }
  std::string_view key() const override { return whole_->key().substr(prefix_.size()); }
  std::string_view value() const override { return whole_->value(); }
  void next() override { whole_->next(); }
  void previous() override { whole_->previous(); }
  void seek(std::string_view key) override { whole_->seek(prefix_ + std::string(key)); }
  void seek_backward(std::string_view key) override {
    whole_->seek_backward(prefix_ + std::string(key));
  }

 private:
  std::unique_ptr<Cursor> whole_;
  std::string prefix_;
};

}  // namespace

void WriteBatch::put(std::string_view key, std::string_view value) {
  operations_.push_back({Kind::kPut, std::string(key), std::string(value)});
}

void WriteBatch::erase(std::string_view key) {
  operations_.push_back({Kind::kErase, std::string(key), {}});
}

void WriteBatch::erase_range(std::string_view begin, std::string_view end) {
  operations_.push_back({Kind::kEraseRange, std::string(begin), std::string(end)});
}

void Store::put(std::string_view key, std::string_view value) {
  WriteBatch batch;
  batch.put(key, value);
  write(std::move(batch));
}

void Store::erase(std::string_view key) {
  WriteBatch batch;
  batch.erase(key);
  write(std::move(batch));
}

ScopedStore::ScopedStore(Store& whole, std::string prefix)
    : whole_(whole), prefix_(std::move(prefix)) {}

std::optional<std::string> ScopedStore::get(std::string_view key) const {
  return whole_.get(full(key));
}

void ScopedStore::write(WriteBatch batch) {
  for (WriteBatch::Operation& operation : batch.operations()) {
    operation.key.insert(0, prefix_);
    if (operation.kind == WriteBatch::Kind::kEraseRange) {
      operation.value = operation.value.empty() ? prefix_end(prefix_) : full(operation.value);
    }
  }
  whole_.write(std::move(batch));
}

std::unique_ptr<Cursor> ScopedStore::cursor(std::string_view begin, std::string_view end) const {
  const std::string bound = end.empty() ? prefix_end(prefix_) : full(end);
  return std::make_unique<ScopedCursor>(whole_.cursor(full(begin), bound), prefix_);
}

void ScopedStore::clear() {
  WriteBatch batch;
  batch.erase_range("", "");
  write(std::move(batch));
}

std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xFF) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

void for_each(const Store& store, std::string_view prefix,
              const std::function<bool(std::string_view, std::string_view)>& visit) {
  const auto cursor = store.cursor(prefix, prefix_end(prefix));
  for (cursor->seek(prefix); cursor->valid(); cursor->next()) {
    if (!visit(cursor->key(), cursor->value())) return;
  }
}

}  // namespace tandem::store
