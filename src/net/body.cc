#include "net/body.h"

namespace tandem::net {

Task<std::string> collect(std::shared_ptr<BodySource> source, std::size_t limit) {
  std::string whole;
  for (;;) {
    std::string slice = co_await source->next();
    if (slice.empty()) co_return whole;
    if (slice.size() > limit - whole.size()) throw BodyError("the body is too large");
    if (whole.empty()) {
      whole = std::move(slice);
    } else {
      whole += slice;
    }
  }
}

}  // namespace tandem::net
