// The ids of versions: opaque to clients, 32 characters as S3's are.
//
// An id holds the version's place in the order of its key's versions, so that a version is found by
// its id without looking through the others, and a check, so that one that was made up is told from
// one that is gone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/random.h"

namespace tandem::s3 {

/// "Objects … have a version ID of null" when versioning was never enabled, or is suspended.
inline constexpr std::string_view kNullVersion = "null";

std::string make_version_id(std::uint64_t order, core::Random& random);
/// Nothing for what is no id of ours; "null" is none, too.
std::optional<std::uint64_t> version_order(std::string_view id);

}  // namespace tandem::s3
