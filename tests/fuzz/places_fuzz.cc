// Any bytes as a user's file of places: it is read or refused, and whatever was read finds every
// address.
// clang-format off
// sources: src/core/check.cc src/core/text.cc src/core/bytes.cc src/aws/places.cc src/aws/places_reader.cc
// clang-format on
#include <array>
#include <cstdint>
#include <span>

#include "aws/places.h"
#include "core/check.h"

using namespace tandem::aws;  // NOLINT: one file

namespace {
constexpr std::string_view kTable =
    "country DE EU 52.5 13.4 Germany\ncountry US NA 40.7 -74.0 United States\n"
    "subdivision US WA 47.0 -122.9 Washington\ncontinent EU 50.1 8.7 Europe\n"
    "region us-east-1 38.9 -77.5 US\nregion eu-central-1 50.1 8.7 DE\ndefault region us-east-1\n"
    "prefix 192.0.2.0/24 country US\n";
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)Places::read(text);
  const auto places = Places::read(kTable, text);
  if (!places) {
    CHECK(!places.error().message.empty());
    return 0;
  }
  CHECK(places.value().fallback().latencies_ms.size() == 2);
  std::array<std::uint8_t, 16> address{};
  for (std::size_t i = 0; i < std::min(size, address.size()); ++i) address[i] = data[size - 1 - i];
  for (const unsigned bits : {0u, 7u, 24u, 32u}) {
    const auto found = places.value().find(std::span(address).first(4), bits);
    CHECK(found.scope <= kLongestPrefix);
    CHECK(found.place == nullptr || found.place->latencies_ms.size() == 2);
    CHECK(places.value().find(address, bits * 4).scope <= kLongestPrefixV6);
  }
  return 0;
}
