#include "archive/links.h"

#include <cstddef>
#include <deque>

namespace tandem::archive {
namespace {

namespace fs = std::filesystem;

/// Of one path the kernel follows as many and not one more (path_resolution(7)).
constexpr std::size_t kMostFollowed = 40;
/// Of a place on the way, in bytes: no longer one is ever copied.
constexpr std::size_t kLongestPlace = 4'096;

}  // namespace

bool lies_behind_a_link(const Links& links, const fs::path& link) {
  for (fs::path folder = link.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    if (links.contains(folder.native())) return true;
  }
  return false;
}

bool leads_out(const Links& links, const fs::path& link, std::size_t& steps) {
  fs::path at = link.parent_path();
  const fs::path target = links.at(link.native());
  std::deque<fs::path> ahead(target.begin(), target.end());
  std::size_t followed = 0;
  while (!ahead.empty()) {
    if (steps == 0 || at.native().size() > kLongestPlace) return true;
    --steps;
    const fs::path part = std::move(ahead.front());
    ahead.pop_front();
    if (part.is_absolute()) return true;
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (at.empty()) return true;
      at = at.parent_path();
      continue;
    }
    const auto found = links.find((at / part).native());
    if (found == links.end()) {
      at /= part;
      continue;
    }
    if (++followed > kMostFollowed) return false;
    // "folder/link/.." is above what the link says, not the folder.
    const fs::path further = found->second;
    ahead.insert(ahead.begin(), further.begin(), further.end());
  }
  return false;
}

}  // namespace tandem::archive
