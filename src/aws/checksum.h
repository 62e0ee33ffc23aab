// The checksums AWS carries beside bodies: x-amz-crc32 (DynamoDB) and x-amz-checksum-* (S3).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::aws {

/// CRC-32 as in zlib.
std::uint32_t crc32(std::string_view bytes);

enum class ChecksumAlgorithm { kCrc32, kCrc32c, kCrc64Nvme, kSha1, kSha256 };

/// "x-amz-checksum-crc32c" to its algorithm, whatever the case; nothing for another name.
std::optional<ChecksumAlgorithm> checksum_algorithm(std::string_view header_name);
/// "x-amz-checksum-crc32c".
std::string_view checksum_header(ChecksumAlgorithm algorithm);
/// A checksum of what comes in pieces.
class Checksum {
 public:
  explicit Checksum(ChecksumAlgorithm algorithm);
  Checksum(Checksum&&) noexcept;
  Checksum& operator=(Checksum&&) noexcept;
  ~Checksum();
  void update(std::string_view bytes);
  /// The value as S3 writes it: base64 of the big-endian bytes. Once.
  std::string base64();

 private:
  struct State;
  std::unique_ptr<State> state_;
};
/// The checksum's value as S3 writes it: base64 of the big-endian bytes.
std::string checksum_base64(ChecksumAlgorithm algorithm, std::string_view bytes);

}  // namespace tandem::aws
