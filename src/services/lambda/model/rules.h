// What a function's configuration may be: environment variables, sizes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::lambda {

inline constexpr std::size_t kSyncPayloadBytes = 6'291'456;
inline constexpr std::size_t kAsyncPayloadBytes = 1'048'576;
/// What a function may answer: 6 MB and 100 bytes.
inline constexpr std::size_t kResponseBytes = 6'291'556;
/// The error's type when it is more.
inline constexpr std::string_view kResponseTooLarge = "Function.ResponseSizeTooLarge";
/// The same of a response that is streamed: 200 MB.
inline constexpr std::size_t kStreamedBytes = 209'715'200;
inline constexpr std::size_t kZipUploadBytes = 52'428'800;
inline constexpr std::int64_t kUnzippedBytes = 262'144'000;
/// Of all packages of a region: 300 GB.
inline constexpr std::int64_t kCodeStorageBytes = 322'122'547'200;
inline constexpr int kAccountConcurrency = 1'000;
inline constexpr int kUnreservedMinimum = 100;

/// Reserved names, name pattern and total size. Throws InvalidParameterValueException.
void check_environment(const json::object& variables);
/// Timeout, MemorySize and EphemeralStorage.Size beyond the model's own constraints.
void check_range(std::string_view member, std::int64_t value, std::int64_t low, std::int64_t high);
/// The machine's own instruction set, by Lambda's name.
std::string_view machine_architecture();

}  // namespace tandem::lambda
