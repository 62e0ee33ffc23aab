#include "store/space.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <sys/statvfs.h>

#include "store/store_failure.h"

namespace tandem::store {

std::optional<Space> space_of(const std::filesystem::path& folder) {
  struct statvfs info {};
  if (statvfs(folder.c_str(), &info) != 0) return std::nullopt;
  return Space{static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize,
               static_cast<std::uint64_t>(info.f_blocks) * info.f_frsize};
}

Floor floor_of(std::uint64_t total_bytes) {
  constexpr std::uint64_t kMost = 16 << 20;
  const std::uint64_t floor = std::min(kMost, total_bytes / 5);
  return {floor, floor + floor / 4};
}

bool runs_low(const Space& space) {
  constexpr std::uint64_t kMost = 512ULL << 20;
  constexpr std::uint64_t kPart = 10;
  return space.free_bytes < std::min(kMost, space.total_bytes / kPart);
}

bool no_room(const std::error_code& code) {
  // The standard has no errc for a quota.
  return code == std::errc::no_space_on_device ||
         code == std::error_code(EDQUOT, std::generic_category()) ||
         code == std::error_code(EDQUOT, std::system_category());
}

std::string megabytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / (1 << 20));
}

void require_room(const std::filesystem::path& folder, std::uint64_t bytes) {
  std::filesystem::path existing = folder;
  std::error_code failed;
  while (!existing.empty() && !std::filesystem::exists(existing, failed)) {
    existing = existing.parent_path();
  }
  const auto space = space_of(existing);
  if (!space) return;
  const Floor floor = floor_of(space->total_bytes);
  if (space->free_bytes >= floor.refuse_below + bytes) return;
  throw StoreFailure(
      StoreFailure::Kind::kFull,
      fmt::format("the disk of {} has {} free: {} more would bring it below the floor "
                  "of {}; free some space and try again",
                  folder.string(), megabytes(space->free_bytes), megabytes(bytes),
                  megabytes(floor.refuse_below)));
}

}  // namespace tandem::store
