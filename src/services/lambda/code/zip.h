// Unpacking deployment packages, with Lambda's words for what archive/ refuses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace tandem::lambda {

struct ZipLimits {
  std::int64_t unzipped_bytes = 262'144'000;
  std::int64_t entries = 100'000;
};

/// Unpacks package into folder, which must not exist, with its permissions as functions have them.
/// Blocking: run it on
/// the pool. Throws InvalidParameterValueException with Lambda's texts and leaves nothing behind;
/// std::system_error when the disk fails.
void unzip(const std::string& package, const std::filesystem::path& folder, ZipLimits limits = {});

/// Throws as unzip() does, without writing anything. For DryRun.
void check_zip(const std::string& package, ZipLimits limits = {});

}  // namespace tandem::lambda
