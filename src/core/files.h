// Whole files, read and written. Blocking: small files only on the loop's thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace tandem::core {

/// Nothing when it cannot be opened.
std::optional<std::string> find_file(const std::filesystem::path& path);
/// Throws std::system_error naming the path when it cannot be opened.
std::string read_file(const std::filesystem::path& path);

/// The file is never seen half-written, survives a power loss once this returns, and at no moment
/// has more permissions than mode. Throws std::system_error naming the path.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes, mode_t mode);

/// For secrets: readable by the owner only.
inline constexpr mode_t kSecretMode = 0600;

}  // namespace tandem::core
