#include "service/request_ids.h"

#include "aws/dialect.h"
#include "core/ids.h"

namespace tandem::service {
namespace {

/// Five bits a character: an id costs few draws, as the data plane makes one per request.
std::string base32_id(std::size_t size, core::Random& random) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
  std::string id(size, '0');
  std::uint64_t bits = 0;
  unsigned left = 0;
  for (char& c : id) {
    if (left == 0) {
      bits = random.next();
      left = 12;
    }
    c = kAlphabet[bits & 31];
    bits >>= 5;
    --left;
  }
  return id;
}

}  // namespace

std::string make_request_id(std::string_view service, core::Random& random) {
  const int length = aws::dialect_of(service).request_id_length;
  return length == 0 ? core::uuid4(random) : base32_id(static_cast<std::size_t>(length), random);
}

}  // namespace tandem::service
