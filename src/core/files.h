// Whole files, read and written. Blocking: small files only on the loop's thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace tandem::core {

/// What is there, a link followed, for messages: "a pipe", "a folder", "a device", "a file",
/// "missing" …
std::string kind_of(const std::filesystem::path& path);

/// Nothing when there is no regular file, or it cannot be read (errno says why); never waits for
/// what is in its place.
std::optional<std::string> find_file(const std::filesystem::path& path);
/// The same; throws std::system_error naming the path, and what is there in place of a file.
std::string read_file(const std::filesystem::path& path);

/// The last bytes of a file, at most so many, from the beginning of a line when some are left out.
/// Only regular files: a pipe would hold up its reader. Throws std::system_error naming the path.
std::string read_tail(const std::filesystem::path& path, std::size_t most);

/// For small files that others may have damaged. Nothing when there is none. Throws
/// std::system_error naming the path when it is not a regular file, larger than most bytes, or
/// cannot be read; never waits, whatever is there.
std::optional<std::string> find_small_file(const std::filesystem::path& path,
                                           std::size_t most = 1024 * 1024);

/// The file is never seen half-written, survives a power loss once this returns, and at no moment
/// has more permissions than mode. Throws std::system_error naming the path.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes, mode_t mode);

/// The same for a file that several processes may write at once, and that others read whatever the
/// umask is. Not synchronised.
void replace_file(const std::filesystem::path& path, std::string_view bytes, mode_t mode);

/// For secrets: readable by the owner only.
inline constexpr mode_t kSecretMode = 0600;

}  // namespace tandem::core
