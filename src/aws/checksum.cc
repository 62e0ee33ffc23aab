#include "aws/checksum.h"

#include <array>
#include <boost/crc.hpp>
#include <openssl/evp.h>
#include <zlib.h>

#include "core/bytes.h"
#include "core/check.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

struct Named {
  std::string_view header;
  ChecksumAlgorithm algorithm;
};
constexpr std::array<Named, 5> kNames = {{
    {"x-amz-checksum-crc32", ChecksumAlgorithm::kCrc32},
    {"x-amz-checksum-crc32c", ChecksumAlgorithm::kCrc32c},
    {"x-amz-checksum-crc64nvme", ChecksumAlgorithm::kCrc64Nvme},
    {"x-amz-checksum-sha1", ChecksumAlgorithm::kSha1},
    {"x-amz-checksum-sha256", ChecksumAlgorithm::kSha256},
}};

template <class Integer>
std::string big_endian(Integer value) {
  std::string bytes(sizeof(Integer), '\0');
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    bytes[sizeof(Integer) - 1 - i] = static_cast<char>(value & 0xFF);
    value >>= 8;
  }
  return bytes;
}

std::string sha1(std::string_view bytes) {
  std::string digest(20, '\0');
  unsigned size = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                   &size, EVP_sha1(), nullptr) == 1);
  return digest;
}

template <class Crc>
std::string crc_bytes(std::string_view bytes) {
  Crc crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return big_endian(crc.checksum());
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::optional<ChecksumAlgorithm> checksum_algorithm(std::string_view header_name) {
  for (const auto& name : kNames) {
    if (core::equals_ignoring_case(name.header, header_name)) return name.algorithm;
  }
  return std::nullopt;
}

std::string_view checksum_header(ChecksumAlgorithm algorithm) {
  return kNames[static_cast<std::size_t>(algorithm)].header;
}

std::string checksum_base64(ChecksumAlgorithm algorithm, std::string_view bytes) {
  using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;
  using Crc64Nvme = boost::crc_optimal<64, 0xAD93D23594C93659, 0xFFFFFFFFFFFFFFFF,
                                       0xFFFFFFFFFFFFFFFF, true, true>;
  switch (algorithm) {
    case ChecksumAlgorithm::kCrc32:
      return core::base64_encode(big_endian(crc32(bytes)));
    case ChecksumAlgorithm::kCrc32c:
      return core::base64_encode(crc_bytes<Crc32c>(bytes));
    case ChecksumAlgorithm::kCrc64Nvme:
      return core::base64_encode(crc_bytes<Crc64Nvme>(bytes));
    case ChecksumAlgorithm::kSha1:
      return core::base64_encode(sha1(bytes));
    default:
      return core::base64_encode(core::sha256(bytes));
  }
}

}  // namespace tandem::aws
