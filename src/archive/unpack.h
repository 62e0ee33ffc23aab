// Reading zip files that anybody may have made. What comes out of an archive is counted as it comes
// out, whatever its directory says; names and links stay below the folder.
//
// Blocking: for the pool. A disk that fails is a std::system_error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tandem::archive {

/// What an archive is refused for.
class ArchiveError : public std::runtime_error {
 public:
  enum class Fault {
    kBroken,  ///< not a zip file, or not a whole one, or encrypted
    kUnsafe,  ///< an entry leaves the folder, or is neither file, folder nor link
    kTooBig,  ///< more bytes or entries than the limits
  };
  ArchiveError(Fault fault, std::string entry);
  Fault fault() const { return fault_; }
  /// The entry that is to blame; empty: the archive. Cut, and as it was written there.
  const std::string& entry() const { return entry_; }

 private:
  Fault fault_;
  std::string entry_;
};

struct Limits {
  std::uint64_t bytes;    ///< of all content
  std::uint64_t entries;  ///< what is in the archive's directory
  /// Told of each piece before it is written, its size in bytes; what it throws ends the work.
  std::function<void(std::uint64_t)> step = {};
};

enum class Permissions {
  kReadable,    ///< everybody who reaches the folder reads files and enters folders
  kAsArchived,  ///< those of the archive, where it has any; but we can read and write
};

/// Into an existing, empty folder, keeping executable bits and links that stay within it. What was
/// unpacked before an error stays. Returns how many entries there were. Throws ArchiveError.
std::uint64_t unpack(const std::filesystem::path& zip, const std::filesystem::path& folder,
                     const Limits& limits);
std::uint64_t unpack_bytes(std::string_view zip, const std::filesystem::path& folder,
                           const Limits& limits, Permissions permissions = Permissions::kReadable);

/// Throws as unpack() does, without writing anything.
std::uint64_t check_bytes(std::string_view zip, const Limits& limits);

/// One file's content; nothing: there is no file of that name. Throws ArchiveError, kTooBig when it
/// is larger than the limit.
std::optional<std::string> read_entry(const std::filesystem::path& zip, std::string_view name,
                                      std::uint64_t limit_bytes);

}  // namespace tandem::archive
