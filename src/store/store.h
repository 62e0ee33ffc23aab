// The ordered key-value store every service keeps its state in.
//
// Keys and values are bytes; keys order as unsigned bytes. A process has one engine; a service gets
// a view of it under a prefix of its own (ScopedStore). All calls come from the loop's thread and
// do not block for disk: an acknowledged write is in the engine's write-ahead log, which survives
// kill -9; surviving a power loss takes sync() as well.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::store {

/// Changes applied together or not at all, in order.
class WriteBatch {
 public:
  void put(std::string_view key, std::string_view value);
  void erase(std::string_view key);
  /// Every key in [begin, end).
  void erase_range(std::string_view begin, std::string_view end);
  bool empty() const { return operations_.empty(); }

  enum class Kind { kPut, kErase, kEraseRange };
  struct Operation {
    Kind kind;
    std::string key;
    std::string value;  ///< kPut: the value; kEraseRange: the end key
  };
  const std::vector<Operation>& operations() const { return operations_; }
  std::vector<Operation>& operations() { return operations_; }

 private:
  std::vector<Operation> operations_;
};

/// A position in key order over a consistent snapshot taken at creation.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual bool valid() const = 0;
  /// Valid until the cursor moves.
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual void next() = 0;
  virtual void previous() = 0;
  /// To the first key >= key.
  virtual void seek(std::string_view key) = 0;
  /// To the last key <= key.
  virtual void seek_backward(std::string_view key) = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  virtual std::optional<std::string> get(std::string_view key) const = 0;
  /// Atomic. Throws StoreError when the engine fails (disk full, corruption).
  virtual void write(WriteBatch batch) = 0;
  /// Keys in [begin, end); an empty end means no bound. Not yet positioned: seek first.
  virtual std::unique_ptr<Cursor> cursor(std::string_view begin, std::string_view end) const = 0;
  /// Counts write() calls. The frame compares it around a request to know whether it wrote.
  virtual std::uint64_t writes() const = 0;
  /// Blocks until everything written so far survives a power loss. Called from a pool thread.
  virtual void sync() = 0;

  void put(std::string_view key, std::string_view value);
  void erase(std::string_view key);
};

struct StoreError : std::exception {
  explicit StoreError(std::string text) : message(std::move(text)) {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string message;
};

/// The store's keys that start with prefix, with the prefix taken off. Borrows the store.
class ScopedStore final : public Store {
 public:
  ScopedStore(Store& whole, std::string prefix);
  std::optional<std::string> get(std::string_view key) const override;
  void write(WriteBatch batch) override;
  std::unique_ptr<Cursor> cursor(std::string_view begin, std::string_view end) const override;
  std::uint64_t writes() const override { return whole_.writes(); }
  void sync() override { whole_.sync(); }
  /// Removes every key of the scope.
  void clear();

 private:
  std::string full(std::string_view key) const { return prefix_ + std::string(key); }
  Store& whole_;
  std::string prefix_;
};

/// The smallest key greater than every key with this prefix; empty when there is none.
std::string prefix_end(std::string_view prefix);
/// Calls visit(key, value) for each key with the prefix, in order, until visit returns false.
void for_each(const Store& store, std::string_view prefix,
              const std::function<bool(std::string_view key, std::string_view value)>& visit);

}  // namespace tandem::store
