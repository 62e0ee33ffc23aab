// Archives, compressed bodies and certificates from anyone end in their content or an error. The
// first byte chooses which of them the rest is.
//
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc src/core/json.cc src/net/gzip.cc
// sources: src/core/utf8.cc
// sources: src/archive/unpack.cc src/archive/links.cc src/services/lambda/code/zip.cc
// sources: src/services/lambda/code/machine_code.cc
// sources: src/services/acm/model/x509.cc
// libraries: -lzip -lz
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "net/gzip.h"
#include "services/acm/model/x509.h"
#include "services/lambda/code/machine_code.h"
#include "services/lambda/code/zip.h"

namespace {

using namespace tandem;

constexpr std::size_t kLimit = 1 << 20;

void read_archive(std::string_view bytes) {
  try {
    lambda::check_zip(std::string(bytes), {.unzipped_bytes = kLimit, .entries = 100});
  } catch (const aws::ApiError&) {
    // The answer a caller gets.
  }
}

void unpack(std::string_view bytes) {
  const auto plain = net::gunzip(bytes, kLimit);
  if (plain && plain.value().size() > kLimit) std::abort();
}

void read_pem(std::string_view bytes) {
  const auto facts = acm::read_certificate(bytes);
  // What is given as one may be given as the others.
  acm::key_fits(bytes, bytes);
  acm::chain_fits(bytes, bytes);
  if (facts && facts.value().serial.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  switch (bytes.front()) {
    case 'z':
      read_archive(bytes.substr(1));
      break;
    case 'g':
      unpack(bytes.substr(1));
      break;
    case 'e':
      if (!lambda::elf_machine(bytes.substr(1)).empty() && bytes.size() < 20) std::abort();
      break;
    case 'c':
      read_pem(bytes.substr(1));
      break;
    default:
      break;
  }
  return 0;
}
