// Packages as they were uploaded: one file each, beside the folder of what was unpacked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/task.h"
#include "core/workers.h"
#include "net/body.h"

namespace tandem::lambda {

enum class Flush { kNo, kBeforeAcknowledging };

/// What an archive's file is called, beside "<code id>/".
inline constexpr std::string_view kArchiveSuffix = ".zip";

std::filesystem::path archive_path(const std::filesystem::path& code_folder,
                                   const std::string& code_id);

/// For its owner alone to read. Never seen half-written. Blocking. Throws std::system_error.
void write_archive(const std::filesystem::path& path, std::string_view bytes, Flush flush);

/// Whether the file is there and of this size. Blocking.
bool is_archive(const std::filesystem::path& path, std::uint64_t size);

/// The archive, read slice by slice on the pool. Null when the file is missing or not of this size.
/// Its last slice comes only when all of it has this SHA-256 (base64): the source throws BodyError,
/// and logs why.
Task<std::shared_ptr<net::BodySource>> open_archive(core::Workers& pool, std::filesystem::path path,
                                                    std::uint64_t size, std::string sha256);

}  // namespace tandem::lambda
