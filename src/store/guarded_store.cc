#include "store/guarded_store.h"

#include <fmt/format.h>

namespace tandem::store {
namespace {

std::uint64_t size_of(const WriteBatch& batch) {
  std::uint64_t bytes = 0;
  for (const auto& operation : batch.operations()) {
    bytes += operation.key.size() + operation.value.size();
  }
  return bytes;
}

void note_damage(const StoreError& error, EngineFailure& known) {
  StoreFailure failure = failure_of(error);
  if (failure.kind == StoreFailure::Kind::kCorrupt) known.set(std::move(failure));
}

/// Reads go through so that damage found by one is known to all.
class GuardedCursor final : public Cursor {
 public:
  GuardedCursor(std::unique_ptr<Cursor> engine, EngineFailure& failure)
      : engine_(std::move(engine)), failure_(failure) {}
  bool valid() const override {
    try {
      return engine_->valid();
    } catch (const StoreError& error) {
      note_damage(error, failure_);
      throw;
    }
  }
  std::string_view key() const override { return engine_->key(); }
  std::string_view value() const override { return engine_->value(); }
  void next() override { engine_->next(); }
  void previous() override { engine_->previous(); }
  void seek(std::string_view key) override { engine_->seek(key); }
  void seek_backward(std::string_view key) override { engine_->seek_backward(key); }

 private:
  std::unique_ptr<Cursor> engine_;
  EngineFailure& failure_;
};

}  // namespace

void EngineFailure::set(StoreFailure error) {
  const std::lock_guard lock(mutex_);
  if (error_) return;
  error_ = std::move(error);
  set_.store(true, std::memory_order_release);
}

std::optional<StoreFailure> EngineFailure::get() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

std::string_view to_string(Health::State state) {
  switch (state) {
    case Health::State::kOk:
      return "ok";
    case Health::State::kDiskLow:
      return "disk-low";
    case Health::State::kFailed:
      return "store-failed";
    case Health::State::kDamaged:
      return "store-damaged";
  }
  return "unknown";
}

GuardedStore::GuardedStore(std::unique_ptr<Store> engine, core::Clock& clock, Options options)
    : engine_(std::move(engine)), clock_(clock), options_(std::move(options)) {
  if (!options_.failure) options_.failure = std::make_shared<EngineFailure>();
  check();
}

const Health& GuardedStore::check() {
  look();
  return health_;
}

void GuardedStore::look() {
  unlooked_bytes_ = 0;
  look_at_space();
  if (const auto error = options_.failure->get()) {
    const bool damaged = error->kind == StoreFailure::Kind::kCorrupt;
    enter(damaged ? Health::State::kDamaged : Health::State::kFailed, reason_of(*error));
    return;
  }
  if (!health_.space) return;
  // Once below the floor, a little more than the floor is needed.
  const bool was_low = health_.state == Health::State::kDiskLow;
  const std::uint64_t needed = was_low ? health_.floor.resume_at : health_.floor.refuse_below;
  if (health_.space->free_bytes < needed) {
    enter(Health::State::kDiskLow, low_space_reason());
  } else {
    enter(Health::State::kOk, "");
  }
}

void GuardedStore::look_at_space() {
  if (!options_.space) return;
  health_.space = options_.space();
  if (health_.space) health_.floor = floor_of(health_.space->total_bytes);
}

std::string GuardedStore::reason_of(const StoreFailure& error) const {
  switch (error.kind) {
    case StoreFailure::Kind::kCorrupt:
      return fmt::format("the store of {} is damaged: {}", options_.name, error.message);
    case StoreFailure::Kind::kFull:
      return fmt::format(
          "the disk of {} ({}) is full: writes are refused, reads go on; free some space, and "
          "writes go on by themselves ({})",
          options_.name, options_.location, error.message);
    case StoreFailure::Kind::kFailed:
      break;
  }
  return fmt::format("the store of {} failed: {}", options_.name, error.message);
}

std::string GuardedStore::low_space_reason() const {
  return fmt::format(
      "the disk of {} ({}) has {} free, below the floor of {}: writes are refused, reads go on; "
      "free some space, and from {} on writes go on by themselves",
      options_.name, options_.location, megabytes(health_.space->free_bytes),
      megabytes(health_.floor.refuse_below), megabytes(health_.floor.resume_at));
}

void GuardedStore::enter(Health::State state, std::string reason) {
  health_.reason = std::move(reason);
  if (health_.state == state) return;
  health_.state = state;
  health_.since_ms = clock_.now_ms();
}

bool GuardedStore::may_reopen() const {
  return health_.state == Health::State::kFailed &&
         (!health_.space || health_.space->free_bytes >= health_.floor.resume_at);
}

void GuardedStore::refuse() {
  ++health_.refused_writes;
  const bool low = health_.state == Health::State::kDiskLow;
  throw StoreFailure(low ? StoreFailure::Kind::kFull : StoreFailure::Kind::kFailed, health_.reason);
}

void GuardedStore::write(WriteBatch batch) {
  const std::uint64_t bytes = size_of(batch);
  unlooked_bytes_ += bytes;
  if (unlooked_bytes_ >= kLookEvery || options_.failure->is_set()) look();
  // INVARIANT(failed-is-final): an engine that has refused a write may hold it, a part of it or
  // none, and is never written to again. INVARIANT(floor-before-engine): below the floor it is not
  // asked.
  if (health_.state != Health::State::kOk) refuse();
  try {
    engine_->write(std::move(batch));
  } catch (const StoreError& error) {
    const StoreFailure failure = failure_of(error);
    options_.failure->set(failure);
    look();
    ++health_.refused_writes;
    throw StoreFailure(failure.kind, health_.reason);
  }
}

std::optional<std::string> GuardedStore::get(std::string_view key) const {
  try {
    return engine_->get(key);
  } catch (const StoreError& error) {
    note_damage(error, *options_.failure);
    throw;
  }
}

std::unique_ptr<Cursor> GuardedStore::cursor(std::string_view begin, std::string_view end) const {
  return std::make_unique<GuardedCursor>(engine_->cursor(begin, end), *options_.failure);
}

void GuardedStore::sync() {
  if (const auto error = options_.failure->get()) throw StoreFailure(error->kind, error->message);
  try {
    engine_->sync();
  } catch (const StoreError& error) {
    // Whether what was written is on the disk is unknown from here on, and asking again would say
    // that it is: the kernel tells of a failed write back once.
    options_.failure->set(failure_of(error));
    throw;
  }
}

}  // namespace tandem::store
