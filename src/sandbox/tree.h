// Trees of files that somebody hostile has made: names and links mean nothing, and a tree may be
// deeper than any path or stack. Nobody may change them meanwhile. Blocking: on the pool.
#pragma once

#include <cstdint>
#include <filesystem>

namespace tandem::sandbox {

/// Removes what is there, the folder itself included; nothing is not a failure. Never follows a
/// link or goes to another file system. What its owner has closed is opened first. Throws
/// std::system_error.
void remove_tree(const std::filesystem::path& folder);

/// Everything in it, links themselves and the folder included, belongs to them from now on. Files
/// with a second name elsewhere are left as they are. Throws std::system_error.
void give_tree(const std::filesystem::path& folder, std::uint32_t user, std::uint32_t group);

}  // namespace tandem::sandbox
