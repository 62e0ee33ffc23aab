// Writing zip files. Content is never whole in memory: each file is opened when its turn comes,
// read piece by piece and closed, and close() is where that happens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "net/descriptor.h"

namespace tandem::archive {

/// Blocking: for the pool. Errors of the disk are std::system_error, others std::runtime_error.
class ZipWriter {
 public:
  /// An open file, from its position to its end. What it throws is thrown by close().
  using Open = std::function<net::Descriptor()>;

  /// Told of each piece of the files that are read; what it throws is thrown by close().
  using Step = std::function<void(std::uint64_t bytes)>;

  /// A new file that others cannot read.
  explicit ZipWriter(std::filesystem::path file, Step step = {});
  /// Without close() nothing is left.
  ~ZipWriter();
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;

  /// mode: permission bits. A name that is there already is replaced.
  void add(std::string_view name, Open open, mode_t mode);
  void add_text(std::string_view name, std::string content);
  void add_folder(std::string_view name);
  void add_link(std::string_view name, std::string_view target);
  /// Once. The file is whole when it returns, also of a writer to which nothing was added.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::archive
