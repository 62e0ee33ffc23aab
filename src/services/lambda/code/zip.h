// Unpacking deployment packages. The archive is hostile until proven otherwise: names that leave
// the folder, links that do, sizes that lie, counts without end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace tandem::lambda {

struct ZipLimits {
  std::int64_t unzipped_bytes = 262'144'000;
  std::int64_t entries = 100'000;
};

/// Unpacks archive into folder, which must not exist, keeping executable bits. Blocking: run it on
/// the pool. Throws InvalidParameterValueException with Lambda's texts and leaves nothing behind;
/// std::system_error when the disk fails.
void unzip(const std::string& archive, const std::filesystem::path& folder, ZipLimits limits = {});

/// Throws as unzip() does, without writing anything. For DryRun.
void check_zip(const std::string& archive, ZipLimits limits = {});

}  // namespace tandem::lambda
