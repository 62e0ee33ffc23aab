// Objects' content: one immutable file each, named by an id. Whoever holds the id owns the file.
//
// Everything that touches the disk runs on the pool. A file appears under its name only when it is
// complete.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/task.h"

namespace tandem::s3 {

enum class Flush { kNo, kBeforeAcknowledging };

class Blobs {
 public:
  Blobs(std::filesystem::path folder, core::Workers& pool, Flush flush);

  /// Runs inspect over the content first; what it throws is thrown here, and nothing is written.
  template <class Inspect>
  Task<std::invoke_result_t<Inspect, const std::string&>> write(std::string id, std::string content,
                                                                Inspect inspect) {
    const std::shared_ptr<const Files> files = files_;
    auto job = [files, id = std::move(id), content = std::move(content),
                inspect = std::move(inspect)] {
      auto result = inspect(content);
      files->write(id, content);
      return result;
    };
    co_return co_await core::run_blocking(pool_, std::move(job));
  }
  /// Nothing when there is no such file, which a reader that lost a race with an overwrite sees.
  Task<std::optional<std::string>> read(std::string id, std::uint64_t offset, std::uint64_t length);
  /// The parts' content, one after the other.
  Task<void> concatenate(std::vector<std::string> parts, std::string id);
  Task<void> remove(std::vector<std::string> ids);

  /// Blocks.
  std::optional<std::string> read_now(const std::string& id) const;
  /// Blocks: drops what a crash left half-written, and these.
  void tidy(const std::vector<std::string>& ids) const;

 private:
  struct Files {
    std::filesystem::path folder;
    Flush flush;

    std::filesystem::path path(const std::string& id) const;
    void write(const std::string& id, const std::string& content) const;
    void concatenate(const std::vector<std::string>& parts, const std::string& id) const;
    std::optional<std::string> read(const std::string& id, std::uint64_t offset,
                                    std::uint64_t length) const;
    void remove(const std::vector<std::string>& ids) const;
  };

  std::shared_ptr<const Files> files_;
  core::Workers& pool_;
};

}  // namespace tandem::s3
