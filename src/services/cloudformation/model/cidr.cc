#include "services/cloudformation/model/cidr.h"

#include <arpa/inet.h>
#include <array>
#include <fmt/format.h>

#include "core/text.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

using Wide = unsigned __int128;

[[noreturn]] void refuse(std::string_view block) {
  throw template_error(
      fmt::format("Fn::Cidr requires a valid CIDR block, count and number of bits, not {}", block));
}

struct Block {
  Wide address = 0;
  int bits = 32;  // of an address
  int prefix = 0;
};

Block parse_block(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) refuse(text);
  const std::string address(text.substr(0, slash));
  const auto prefix = core::parse_uint(text.substr(slash + 1));
  std::array<unsigned char, 16> bytes{};
  Block block;
  if (address.find(':') != std::string::npos) {
    if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) refuse(text);
    block.bits = 128;
  } else if (inet_pton(AF_INET, address.c_str(), bytes.data()) != 1) {
    refuse(text);
  }
  if (!prefix || *prefix > static_cast<std::uint64_t>(block.bits)) refuse(text);
  block.prefix = static_cast<int>(*prefix);
  for (int i = 0; i < block.bits / 8; ++i) block.address = (block.address << 8) | bytes[i];
  return block;
}

std::string print(Wide address, int bits) {
  std::array<unsigned char, 16> bytes{};
  for (int i = bits / 8 - 1; i >= 0; --i) {
    bytes[i] = static_cast<unsigned char>(address & 0xff);
    address >>= 8;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(bits == 128 ? AF_INET6 : AF_INET, bytes.data(), text.data(), text.size());
  return text.data();
}

}  // namespace

std::vector<std::string> cidr_blocks(std::string_view block, std::int64_t count,
                                     std::int64_t host_bits) {
  const Block whole = parse_block(block);
  if (count < 1 || count > 256 || host_bits < 1 || host_bits > whole.bits - whole.prefix) {
    refuse(block);
  }
  const int free_bits = whole.bits - whole.prefix - static_cast<int>(host_bits);
  if (free_bits < 8 && count > (std::int64_t{1} << free_bits)) refuse(block);
  // Shifting by the width of the type is undefined: /0 keeps no bit.
  const Wide ones = ~Wide{0};
  const int below = whole.bits - whole.prefix;
  const Wide start = below >= 128 ? 0 : whole.address & (ones << below);
  std::vector<std::string> blocks;
  for (std::int64_t i = 0; i < count; ++i) {
    const Wide address = host_bits >= 128 ? start : start + (static_cast<Wide>(i) << host_bits);
    blocks.push_back(fmt::format("{}/{}", print(address, whole.bits), whole.bits - host_bits));
  }
  return blocks;
}

}  // namespace tandem::cloudformation
