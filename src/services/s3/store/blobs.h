// Objects' content: one immutable file each, named by an id. Whoever holds the id owns the file.
//
// Everything that touches the disk runs on the pool, in steps that take some milliseconds at most,
// so that neither the loop nor others' work on the pool waits for one large object. A file appears
// under its name only when it is complete.
//
// What is read is what was written, or it is not read: the size is checked when a file is opened,
// and the MD5, where it is known, when a file is read to its end.
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/task.h"
#include "net/body.h"
#include "services/s3/store/blob_file.h"

namespace tandem::s3 {

enum class Flush { kNo, kBeforeAcknowledging };

/// A file is not what was written: cut, changed, or gone although it is owned. The message names
/// it.
struct DamagedBlob : std::exception {
  explicit DamagedBlob(std::string text) : message(std::move(text)) {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string message;
};

/// What is to be read, and what is known of it.
struct BlobRange {
  std::string blob;
  std::uint64_t size = 0;  ///< of the whole file
  std::string md5;         ///< of the whole file, hex; empty: unknown
  std::uint64_t first = 0;
  std::uint64_t length = 0;
  bool is_whole() const { return first == 0 && length == size; }
};

class Blobs {
 public:
  Blobs(std::filesystem::path folder, core::Workers& pool, Flush flush);

  /// A file on its way. Every call blocks, and belongs on the pool (on_pool). What was not
  /// committed is removed by abandon() or by Blobs::remove().
  class Writer {
   public:
    Writer(std::filesystem::path path, Flush flush);
    /// size, if it is known, must have room. Throws store::StoreFailure kFull, std::system_error.
    void open(std::optional<std::uint64_t> size);
    void write(std::string_view bytes);
    void commit();
    void abandon();

   private:
    template <class Function>
    void guard_room(Function function);

    std::filesystem::path path_;
    std::filesystem::path unfinished_;
    Flush flush_;
    BlobFile file_;
    std::uint64_t unchecked_ = 0;           ///< bytes written since the disk's room was looked at
    std::optional<std::uint64_t> to_come_;  ///< of what was announced
  };
  Writer writer(const std::string& id) const;

  /// Reads pieces one after the other. Every call blocks, and belongs on the pool.
  class Reader {
   public:
    /// Throws DamagedBlob, std::system_error. Nothing when there is no such file, which a reader
    /// that lost a race with an overwrite sees.
    static std::optional<Reader> open(const std::filesystem::path& path, BlobRange range);
    /// Empty at the end. The last piece of a whole file is not given before all of it was right:
    /// throws DamagedBlob.
    std::string next(std::size_t most);
    std::uint64_t left() const { return left_; }

   private:
    struct Check;
    Reader(BlobFile file, BlobRange range);

    BlobFile file_;
    std::uint64_t at_;
    std::uint64_t left_;
    std::shared_ptr<Check> check_;
  };
  std::filesystem::path path(const std::string& id) const;

  template <class Function>
  Task<std::invoke_result_t<Function>> on_pool(Function function) {
    return core::run_blocking(pool_, std::move(function));
  }

  /// At once, for what is small. Nothing when there is no such file. Throws DamagedBlob.
  Task<std::optional<std::string>> read(BlobRange range);
  /// The same as a source. Null when there is no such file. Throws DamagedBlob; the source throws
  /// net::BodyError, and logs why.
  Task<std::shared_ptr<net::BodySource>> open(BlobRange range);
  Task<void> remove(std::vector<std::string> ids);

  /// Blocks: drops what a crash left half-written, and these.
  void tidy(const std::vector<std::string>& ids) const;

 private:
  std::filesystem::path folder_;
  core::Workers& pool_;
  Flush flush_;
};

}  // namespace tandem::s3
