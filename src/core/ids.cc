#include "core/ids.h"

#include <fmt/format.h>

namespace tandem::core {

std::string uuid4(Random& random) {
  const std::uint64_t high = (random.next() & ~0xF000ULL) | 0x4000ULL;
  const std::uint64_t low = (random.next() >> 2) | 0x8000000000000000ULL;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF,
                     high & 0xFFFF, low >> 48, low & 0xFFFFFFFFFFFFULL);
}

std::string random_text(Random& random, std::size_t count, std::string_view alphabet) {
  std::string text(count, ' ');
  for (char& c : text) c = alphabet[random.below(alphabet.size())];
  return text;
}

}  // namespace tandem::core
