// Long work on a build's files, off the loop: it ends when nobody wants its end any more, and
// before it fills the disk that regions write to.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>

namespace tandem::codebuild {

/// Set by the loop, read by the work.
using Halt = std::shared_ptr<std::atomic<bool>>;

class FileWork {
 public:
  /// folder: where it writes, which exists.
  FileWork(Halt halt, std::filesystem::path folder)
      : halt_(std::move(halt)), folder_(std::move(folder)) {}

  /// Before each piece of work. Throws BuildspecError, the phase's context.
  void step(std::uint64_t bytes);

 private:
  Halt halt_;
  std::filesystem::path folder_;
  std::uint64_t since_looked_ = kEvery;

  /// The disk is asked once for so many bytes.
  static constexpr std::uint64_t kEvery = 8ULL << 20;
};

}  // namespace tandem::codebuild
