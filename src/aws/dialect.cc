#include "aws/dialect.h"

#include <algorithm>

namespace tandem::aws {

const Dialect& dialect_of(std::string_view service) {
  static constexpr Dialect kNone{};
  const auto all = dialects();
  const auto found = std::ranges::lower_bound(all, service, {}, &Dialect::service);
  return found != all.end() && found->service == service ? *found : kNone;
}

ApiError to_error(const ErrorWords& words) { return to_error(words, std::string(words.message)); }

ApiError to_error(const ErrorWords& words, std::string message) {
  return {words.status, std::string(words.code), std::move(message)};
}

}  // namespace tandem::aws
