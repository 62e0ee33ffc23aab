#include "core/check.h"

#include <cstdio>
#include <cstdlib>

namespace tandem::core {

void check_failed(std::string_view condition, std::string_view file, int line) {
  std::fprintf(stderr, "%.*s:%d: CHECK failed: %.*s\n", static_cast<int>(file.size()), file.data(),
               line, static_cast<int>(condition.size()), condition.data());
  std::abort();
}

}  // namespace tandem::core
