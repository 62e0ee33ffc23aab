// How much room a disk has, and below how much of it writes are refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

namespace tandem::store {

/// "12.8 MB".
std::string megabytes(std::uint64_t bytes);

struct Space {
  std::uint64_t free_bytes = 0;  ///< for an ordinary user
  std::uint64_t total_bytes = 0;
};

/// Nothing when the folder's file system cannot be asked. Costs a microsecond.
std::optional<Space> space_of(const std::filesystem::path& folder);

/// Below the floor writes are refused; they go on once there is a quarter more than that, so that a
/// disk at the edge does not change its mind with every file.
struct Floor {
  std::uint64_t refuse_below = 0;
  std::uint64_t resume_at = 0;
};
/// A fifth of the disk, at most 16 MB: what the engine needs to move its write buffer to a table
/// and to close and open again.
Floor floor_of(std::uint64_t total_bytes);

/// Well above the floor: where less is free, what is not the store's own stops growing, such as
/// builds and what they bring and leave. 512 MB, or a tenth of the disk if that is less.
bool runs_low(const Space& space);

/// Whether an operation failed for want of room: the disk is full, or its owner's quota is used up.
bool no_room(const std::error_code& code);

/// For what is kept in files beside a store: throws StoreFailure kFull when bytes more would bring
/// the disk of this folder, or of the nearest one above that exists, below its floor.
void require_room(const std::filesystem::path& folder, std::uint64_t bytes);

}  // namespace tandem::store
