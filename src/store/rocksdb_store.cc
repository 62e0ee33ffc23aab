#include <algorithm>
#include <cerrno>
#include <chrono>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <system_error>

#include "core/timer.h"
#include "store/engines.h"
#include "store/guarded_store.h"
#include "store/space.h"
#include "store/store_folder.h"
#include "store/wal_check.h"

namespace tandem::store {
namespace {

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

/// RocksDB knows a full disk; a quota that is used up it only names.
bool is_full(const rocksdb::Status& status) {
  return status.IsNoSpace() ||
         (status.IsIOError() &&
          status.ToString().find(std::generic_category().message(EDQUOT)) != std::string::npos);
}

StoreFailure error_of(const rocksdb::Status& status) {
  auto kind = StoreFailure::Kind::kFailed;
  if (is_full(status)) kind = StoreFailure::Kind::kFull;
  if (status.IsCorruption()) kind = StoreFailure::Kind::kCorrupt;
  return {kind, status.ToString()};
}

/// A file that is named in another and is not there, or is no file: the store was not left so.
bool misses_a_file(const rocksdb::Status& status) {
  if (!status.IsIOError() && !status.IsPathNotFound()) return false;
  const std::string text = status.ToString();
  const auto says = [&](int error) {
    return text.find(std::generic_category().message(error)) != std::string::npos;
  };
  return says(ENOENT) || says(ENOTDIR) || says(EISDIR);
}

void check(const rocksdb::Status& status) {
  if (!status.ok()) throw error_of(status);
}

/// Flushes and compactions fail on RocksDB's own threads. It is not to mend that itself: a store
/// that failed is opened anew.
class FailureListener final : public rocksdb::EventListener {
 public:
  explicit FailureListener(std::shared_ptr<EngineFailure> failure) : failure_(std::move(failure)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    failure_->set(error_of(*status));
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }

 private:
  std::shared_ptr<EngineFailure> failure_;
};

/// Bounds live here because RocksDB keeps only a pointer to them.
class RocksCursor final : public Cursor {
 public:
  RocksCursor(rocksdb::DB& db, std::string_view begin, std::string_view end)
      : begin_(begin), end_(end), lower_(begin_), upper_(end_) {
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &lower_;
    if (!end_.empty()) options.iterate_upper_bound = &upper_;
    iterator_.reset(db.NewIterator(options));
  }
  bool valid() const override {
    if (!iterator_->Valid()) check(iterator_->status());
    return iterator_->Valid();
  }
  std::string_view key() const override { return view(iterator_->key()); }
  std::string_view value() const override { return view(iterator_->value()); }
  void next() override { iterator_->Next(); }
  void previous() override { iterator_->Prev(); }
  void seek(std::string_view key) override { iterator_->Seek(slice(key)); }
  void seek_backward(std::string_view key) override {
    if (!end_.empty() && key >= end_) {
      iterator_->SeekToLast();
    } else {
      iterator_->SeekForPrev(slice(key));
    }
  }

 private:
  std::string begin_;
  std::string end_;
  rocksdb::Slice lower_;
  rocksdb::Slice upper_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksStore final : public Store {
 public:
  explicit RocksStore(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}

  std::optional<std::string> get(std::string_view key) const override {
    std::string value;
    const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    check(status);
    return value;
  }

  void write(WriteBatch batch) override {
    rocksdb::WriteBatch changes(room_for(batch));
    for (const WriteBatch::Operation& operation : batch.operations()) {
      check(add(changes, operation));
    }
    check(db_->Write(rocksdb::WriteOptions(), &changes));
    ++writes_;
    flush_now_and_then(changes.GetDataSize());
  }

  std::unique_ptr<Cursor> cursor(std::string_view begin, std::string_view end) const override {
    return std::make_unique<RocksCursor>(*db_, begin, end);
  }

  std::uint64_t writes() const override { return writes_; }
  void sync() override { check(db_->SyncWAL()); }

 private:
  // A store that is written slowly would fill its memory table for hours, and its log with it.
  void flush_now_and_then(std::size_t bytes) {
    constexpr std::size_t kWorthIt = 1 << 20;
    unflushed_bytes_ += bytes;
    const auto now = core::TimerClock::now();
    if (unflushed_bytes_ < kWorthIt || now - flushed_at_ < std::chrono::minutes(1)) return;
    flushed_at_ = now;
    unflushed_bytes_ = 0;
    rocksdb::FlushOptions options;
    options.wait = false;
    options.allow_write_stall = true;  // else it would wait here for a better moment
    // The write has succeeded already; a flush that fails is told to the store's listener.
    const rocksdb::Status begun = db_->Flush(options);
    begun.PermitUncheckedError();
  }

  /// A large batch that grew would copy what is in it again and again.
  static std::size_t room_for(const WriteBatch& batch) {
    constexpr std::size_t kHeader = 12;
    constexpr std::size_t kOfEach = 16;  // kind and lengths
    std::size_t bytes = kHeader;
    for (const WriteBatch::Operation& operation : batch.operations()) {
      bytes += kOfEach + operation.key.size() + operation.value.size();
    }
    return bytes;
  }

  static rocksdb::Status add(rocksdb::WriteBatch& changes, const WriteBatch::Operation& operation) {
    switch (operation.kind) {
      case WriteBatch::Kind::kPut:
        return changes.Put(slice(operation.key), slice(operation.value));
      case WriteBatch::Kind::kErase:
        return changes.Delete(slice(operation.key));
      case WriteBatch::Kind::kEraseRange:
        return changes.DeleteRange(slice(operation.key), slice(operation.value));
    }
    return rocksdb::Status::InvalidArgument("operation kind");
  }

  std::unique_ptr<rocksdb::DB> db_;
  std::uint64_t writes_ = 0;
  std::size_t unflushed_bytes_ = 0;
  core::TimePoint flushed_at_ = core::TimerClock::now();
};

/// On a small disk the log (which is allocated ahead, a write buffer's worth), a table being
/// written and a compaction's output must have room beside each other.
void fit(rocksdb::Options& options, const std::optional<Space>& space) {
  constexpr std::uint64_t kMost = 16 << 20;
  constexpr std::uint64_t kLeast = 2 << 20;
  const std::uint64_t share = space ? space->total_bytes / 16 : kMost;
  options.write_buffer_size = std::clamp(share, kLeast, kMost);
  if (options.write_buffer_size == kMost) return;
  options.max_total_wal_size = 2 * options.write_buffer_size;
  options.target_file_size_base = options.write_buffer_size;
  options.max_bytes_for_level_base = 4 * options.write_buffer_size;
}

/// Sized for an idle region of a few megabytes that can still take thousands of writes a second.
rocksdb::Options options(const std::filesystem::path& folder) {
  rocksdb::Options options;
  options.create_if_missing = true;
  fit(options, space_of(folder));
  // Only a torn end is left to cut: check_logs() has refused everything else.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.paranoid_checks = true;
  options.max_bgerror_resume_count = 0;
  options.arena_block_size = 64 << 10;
  options.max_background_jobs = 2;
  // One thread writes.
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;
  options.keep_log_file_num = 2;
  options.max_open_files = 256;
  options.info_log_level = rocksdb::InfoLogLevel::ERROR_LEVEL;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(8 << 20);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

/// Opening writes: the log of the last life becomes a table. Reading needs no room, and the store
/// counts as failed until it has been opened properly.
rocksdb::DB* open_for_reading(const rocksdb::Options& how, const std::filesystem::path& folder,
                              const rocksdb::Status& opened, EngineFailure& failure) {
  rocksdb::DB* db = nullptr;
  if (!rocksdb::DB::OpenForReadOnly(how, folder.string(), &db).ok()) check(opened);
  failure.set({StoreFailure::Kind::kFull, "no room to open its store: " + opened.ToString()});
  return db;
}

}  // namespace

std::unique_ptr<Store> open_rocksdb(const std::filesystem::path& folder,
                                    const std::shared_ptr<EngineFailure>& failure) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    throw StoreFailure(no_room(failed) ? StoreFailure::Kind::kFull : StoreFailure::Kind::kFailed,
                       "cannot create " + folder.string() + ": " + failed.message());
  }
  check_store_folder(folder);
  check_logs(folder);
  rocksdb::Options how = options(folder);
  if (failure) how.listeners.push_back(std::make_shared<FailureListener>(failure));
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(how, folder.string(), &db);
  if (failure && is_full(opened)) {
    db = open_for_reading(how, folder, opened, *failure);
  } else if (misses_a_file(opened)) {
    throw StoreFailure(StoreFailure::Kind::kCorrupt, opened.ToString());
  } else {
    check(opened);
  }
  return std::make_unique<RocksStore>(std::unique_ptr<rocksdb::DB>(db));
}

}  // namespace tandem::store
