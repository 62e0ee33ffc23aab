#include "aws/checksum.h"

#include <array>
#include <boost/crc.hpp>
#include <variant>
#include <zlib.h>

#include "core/bytes.h"
#include "core/digest.h"
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

using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;
using Crc64Nvme =
    boost::crc_optimal<64, 0xAD93D23594C93659, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, true, true>;
struct Crc32 {
  std::uint32_t value = 0;
};
using Running = std::variant<Crc32, Crc32c, Crc64Nvme, core::Digest>;

Running begin(ChecksumAlgorithm algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::kCrc32:
      return Crc32();
    case ChecksumAlgorithm::kCrc32c:
      return Crc32c();
    case ChecksumAlgorithm::kCrc64Nvme:
      return Crc64Nvme();
    case ChecksumAlgorithm::kSha1:
      return core::Digest(core::Digest::Algorithm::kSha1);
    default:
      return core::Digest(core::Digest::Algorithm::kSha256);
  }
}

void add(Crc32& crc, std::string_view bytes) {
  crc.value = static_cast<std::uint32_t>(
      ::crc32_z(crc.value, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}
template <class Crc>
void add(Crc& crc, std::string_view bytes) {
  crc.process_bytes(bytes.data(), bytes.size());
}
void add(core::Digest& digest, std::string_view bytes) { digest.update(bytes); }

std::string end(Crc32& crc) { return big_endian(crc.value); }
template <class Crc>
std::string end(Crc& crc) {
  return big_endian(crc.checksum());
}
std::string end(core::Digest& digest) { return digest.finish(); }

}  // namespace

struct Checksum::State {
  Running running;
};

Checksum::Checksum(ChecksumAlgorithm algorithm)
    : state_(std::make_unique<State>(State{begin(algorithm)})) {}
Checksum::Checksum(Checksum&&) noexcept = default;
Checksum& Checksum::operator=(Checksum&&) noexcept = default;
Checksum::~Checksum() = default;

void Checksum::update(std::string_view bytes) {
  std::visit([bytes](auto& running) { add(running, bytes); }, state_->running);
}

std::string Checksum::base64() {
  return core::base64_encode(
      std::visit([](auto& running) { return end(running); }, state_->running));
}

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
  Checksum checksum(algorithm);
  checksum.update(bytes);
  return checksum.base64();
}

}  // namespace tandem::aws
